package productgraph

// sampler keeps or leaves whole sessions; every SDK decides alike.
type sampler struct {
	below uint64 // of the 2^32 hashes those that are kept
}

func newSampler(rate float64) sampler {
	switch {
	case rate <= 0:
		return sampler{}
	case rate < 1:
		return sampler{uint64(rate * (1 << 32))}
	}
	return sampler{1 << 32}
}

// keeps tells whether the events of a session are kept. Those without a session are, unless nothing is.
func (s sampler) keeps(session string) bool {
	if session == "" {
		return s.below > 0
	}
	return uint64(sessionHash(session)) < s.below
}

// sessionHash is FNV-1a of 32 bits, mixed by the finalizer of murmur3, because FNV alone hardly moves its high bits for
// ids that differ at their ends.
func sessionHash(session string) uint32 {
	hash := uint32(2166136261)
	for i := 0; i < len(session); i++ {
		hash = (hash ^ uint32(session[i])) * 16777619
	}
	hash = (hash ^ hash>>16) * 0x85ebca6b
	hash = (hash ^ hash>>13) * 0xc2b2ae35
	return hash ^ hash>>16
}
