// Asks a question in all of its ways in turns, so that what else the machine does falls on all alike.
// A question: {name, ways, answersDiffer}; a way: {system, how, query}, the first one ours; all answer the same.

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export class Turns {
  // engineOf(way): the engine that is asked. cool: cools an engine, so that each way is asked cold once, too.
  constructor({ engineOf, rounds, events, cool }) {
    Object.assign(this, { engineOf, rounds, events, cool });
    this.results = [];
  }

  record(name, { system, how }, metric, value) {
    this.results.push({ case: how ? `${name}, ${how}` : name, system, metric, value, n: this.events });
  }

  // Prints and keeps what was measured; answers what was said beside our last answer, if anything.
  async run(question) {
    const { ways } = question;
    const seconds = ways.map(() => []);
    const cold = ways.map(() => undefined);
    let expected;
    let messages;
    const measure = async (way) => {
      const measured = await this.engineOf(way).measure(way.query);
      expected ??= measured.answer;
      if (!question.answersDiffer && measured.answer !== expected) {
        throw new Error(`${question.name}: ${way.system} (${way.how}) answers\n${measured.answer}\nnot\n${expected}`);
      }
      if (way === ways[0]) messages = measured.messages;
      return measured.seconds;
    };
    for (let i = 0; this.cool && i < ways.length; ++i) {
      await this.cool(this.engineOf(ways[i]));
      cold[i] = await measure(ways[i]);
    }
    // The round before the first one warms the caches.
    for (let round = -1; round < this.rounds; ++round) {
      for (const [i, way] of ways.entries()) {
        const taken = await measure(way);
        if (round >= 0) seconds[i].push(taken);
      }
    }
    this.#print(question, seconds, cold);
    return messages ?? [];
  }

  #print(question, seconds, cold) {
    console.log(question.name);
    const ours = median(seconds[0]);
    for (const [i, way] of question.ways.entries()) {
      const middle = median(seconds[i]);
      const [low, high] = [Math.min(...seconds[i]), Math.max(...seconds[i])];
      const cells = [way.system.padEnd(13), (way.how ?? '').padEnd(26), `${middle.toFixed(3)} s`.padStart(9)];
      const spread = `${low.toFixed(3)} to ${high.toFixed(3)}`.padStart(18);
      const coldCell = this.cool ? ` ${`${cold[i].toFixed(3)} s cold`.padStart(14)}` : '';
      console.log(`  ${cells.join(' ')} ${spread} ${(middle / ours).toFixed(2).padStart(7)}${coldCell}`);
      this.record(question.name, way, 'seconds', middle);
      this.record(question.name, way, 'seconds_min', low);
      this.record(question.name, way, 'seconds_max', high);
      if (this.cool) this.record(question.name, way, 'seconds_cold', cold[i]);
    }
  }
}
