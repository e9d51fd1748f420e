/* Heat bath, site after site, of any model with few states from its own tables. No page is needed to run it. */

class HeatBath {
  /* `system`: rows, columns, states; first, second, bond of each bond; site of each site; weights by point and class. */
  constructor(system, random = Math.random) {
    Object.assign(this, system);
    this.random = random;
    this.sites = this.site.length;
    this.codes = new Uint8Array(this.sites);
    this.#link();
  }

  /* Bonds by the site they touch: neighbour, class, and whether the site is the first end. */
  #link() {
    const count = new Uint32Array(this.sites + 1);
    for (let b = 0; b < this.first.length; b++) { count[this.first[b] + 1]++; count[this.second[b] + 1]++; }
    for (let i = 0; i < this.sites; i++) count[i + 1] += count[i];
    this.start = count;
    const filled = count.slice();
    this.neighbour = new Uint16Array(2 * this.first.length);
    this.kind = new Uint16Array(2 * this.first.length);
    for (let b = 0; b < this.first.length; b++) {
      const ends = [this.first[b], this.second[b]];
      for (const end of [0, 1]) {
        const place = filled[ends[end]]++;
        this.neighbour[place] = ends[1 - end];
        this.kind[place] = 2 * this.bond[b] + end;
      }
    }
  }

  /* Weights at a temperature and a point of the controls: exponents of the site, and of each bond by both codes. */
  set(temperature, point) {
    const q = this.states, classes = this.bond_weights.shape[1], kinds = this.site_weights.shape[1];
    this.alone = new Float64Array(kinds * q);
    for (let k = 0; k < kinds * q; k++) this.alone[k] = this.site_weights[point * kinds * q + k] / temperature;
    this.pair = new Float64Array(2 * classes * q * q);
    for (let c = 0; c < classes; c++) {
      for (let own = 0; own < q; own++) {
        for (let other = 0; other < q; other++) {
          const base = (point * classes + c) * q * q;
          const place = (end) => ((2 * c + end) * q + other) * q + own;
          this.pair[place(0)] = this.bond_weights[base + own * q + other] / temperature;
          this.pair[place(1)] = this.bond_weights[base + other * q + own] / temperature;
        }
      }
    }
    this.temperature = temperature;
  }

  fill(code = null) {
    for (let i = 0; i < this.sites; i++) this.codes[i] = code === null ? Math.floor(this.random() * this.states) : code;
  }

  /* Redraw every site once from its distribution given all others. */
  sweep() {
    const q = this.states, weight = new Float64Array(q);
    for (let i = 0; i < this.sites; i++) {
      const site = this.site[i] * q;
      for (let s = 0; s < q; s++) weight[s] = this.alone[site + s];
      for (let n = this.start[i]; n < this.start[i + 1]; n++) {
        const row = (this.kind[n] * q + this.codes[this.neighbour[n]]) * q;
        for (let s = 0; s < q; s++) weight[s] += this.pair[row + s];
      }
      let largest = weight[0], total = 0;
      for (let s = 1; s < q; s++) if (weight[s] > largest) largest = weight[s];
      for (let s = 0; s < q; s++) { weight[s] = Math.exp(weight[s] - largest); total += weight[s]; }
      let left = this.random() * total, code = 0;
      while (code < q - 1 && (left -= weight[code]) >= 0) code++;
      this.codes[i] = code;
    }
  }

  /* Energy per site. */
  energy() {
    const q = this.states;
    let total = 0;
    for (let i = 0; i < this.sites; i++) {
      total += this.alone[this.site[i] * q + this.codes[i]];
      for (let n = this.start[i]; n < this.start[i + 1]; n++) {
        if (this.kind[n] % 2 === 0) total += this.pair[(this.kind[n] * q + this.codes[this.neighbour[n]]) * q + this.codes[i]];
      }
    }
    return (-total * this.temperature) / this.sites;
  }
}
