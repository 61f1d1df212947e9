// Random numbers that are the same on every machine (mulberry32).
export class Random {
  constructor(seed) {
    this.state = seed >>> 0;
  }
  // From 0 to bound - 1.
  below(bound) {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let z = this.state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) % bound;
  }
  // Both ends included.
  between(low, high) {
    return low + this.below(high - low + 1);
  }
  oneIn(n) {
    return this.below(n) === 0;
  }
  pick(list) {
    return list[this.below(list.length)];
  }
}
