package productgraph

// ring is a queue of items with two ends in one slice, whose size is a power of two. It grows as needed.
type ring struct {
	items []item
	head  int
	count int
}

const smallestRing = 64

func (r *ring) length() int { return r.count }

func (r *ring) front() *item { return &r.items[r.head] }

func (r *ring) at(i int) int { return (r.head + i) & (len(r.items) - 1) }

func (r *ring) pushBack(one item) {
	r.makeRoom()
	r.items[r.at(r.count)] = one
	r.count++
}

func (r *ring) pushFront(one item) {
	r.makeRoom()
	r.head = r.at(len(r.items) - 1)
	r.items[r.head] = one
	r.count++
}

func (r *ring) popFront() item {
	one := r.items[r.head]
	r.items[r.head] = item{} // for the garbage collector
	r.head = r.at(1)
	r.count--
	return one
}

func (r *ring) makeRoom() {
	if r.count < len(r.items) {
		return
	}
	size := 2 * len(r.items)
	if size == 0 {
		size = smallestRing
	}
	larger := make([]item, size)
	copy(larger[copy(larger, r.items[r.head:]):], r.items[:r.head])
	r.items, r.head = larger, 0
}
