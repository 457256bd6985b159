"use strict";
// The two charts: price over time, and what lies in the book on both sides of it. Drawn by uPlot.

const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

class Chart {
  constructor(element, height, options, data) {
    this.element = element;
    this.height = height;
    this.options = options;
    this.data = data;
    new ResizeObserver(() => this.fit()).observe(element);
    this.draw();
  }

  draw() {
    this.plot?.destroy();
    this.width = this.element.clientWidth;
    this.plot = new uPlot({ width: Math.max(200, this.width), height: this.height, ...this.options() }, this.data, this.element);
  }

  fit() {
    if (this.element.clientWidth && this.element.clientWidth !== this.width) {
      this.width = this.element.clientWidth;
      this.plot.setSize({ width: this.width, height: this.height });
    }
  }

  turn(options, data) {
    if (this.options === options) return this.show(data);
    this.options = options;
    this.data = data;
    this.draw();
  }

  show(data) {
    this.data = data;
    this.plot.setData(data);
  }
}

// Times are those of the exchange, in UTC and by 24 hours, as everywhere on the page.
const second = value => new Date(value * 1000).toISOString().slice(11, 19);
const times = (plot, splits, _, __, step) => splits.map(each =>
  step >= 86400 ? new Date(each * 1000).toISOString().slice(5, 10) : second(each).slice(0, step >= 60 ? 5 : 8));

const axes = (size, values) => [
  { stroke: colour("--dim"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") }, size: 28,
    space: 76, values, font: "11px ui-monospace, monospace" },
  { stroke: colour("--dim"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") }, size,
    font: "11px ui-monospace, monospace" },
];

// What a legend shows: the values under the pointer, and while there is none, the newest.
const newest = format => (plot, value, series, at) => {
  const shown = at == null ? plot.data[series]?.at(-1) : value;
  return shown == null ? "" : format(shown);
};
const number = value => +value.toFixed(8);

const priceOptions = () => ({
  axes: axes(72, times),
  legend: { live: true },
  cursor: { y: false },
  series: [
    { label: "time", value: newest(second) },
    { label: "price", value: newest(number), stroke: colour("--accent"), width: 1.5, fill: colour("--accent") + "18", points: { show: false } },
  ],
});

// A candle is a line from low to high and a box from open to close, filled when the price fell.
function drawCandles(plot) {
  const [starts, opens, highs, lows, closes] = plot.data, ctx = plot.ctx, ratio = devicePixelRatio;
  const [first, last] = plot.series[0].idxs ?? [0, starts.length - 1];
  const wide = Math.max(ratio, Math.min(14 * ratio, Math.floor(plot.bbox.width / Math.max(1, last - first + 1) * 0.7)));
  ctx.save();
  ctx.beginPath();
  ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
  ctx.clip();
  ctx.lineWidth = ratio;
  for (let i = first; i <= last; i++) {
    const [x, open, high, low, close] = [plot.valToPos(starts[i], "x", true),
      ...[opens, highs, lows, closes].map(column => plot.valToPos(column[i], "y", true))].map(Math.round);
    const fell = closes[i] < opens[i];
    ctx.strokeStyle = ctx.fillStyle = colour(fell ? "--sell" : "--buy");
    ctx.beginPath();
    ctx.moveTo(x, high);
    ctx.lineTo(x, Math.min(open, close));
    ctx.moveTo(x, Math.max(open, close));
    ctx.lineTo(x, low);
    ctx.stroke();
    const box = [x - wide / 2, Math.min(open, close), wide, Math.max(ratio, Math.abs(close - open))];
    if (fell) ctx.fillRect(...box); else ctx.strokeRect(...box);
  }
  ctx.restore();
}

const candleOptions = () => ({
  axes: axes(72, times),
  legend: { live: true, markers: { show: false } },
  cursor: { y: false },
  scales: { x: { range: (plot, least, most) => {
    const starts = plot.data[0], half = starts.length > 1 ? (starts[1] - starts[0]) / 2 : 30;
    return [least - half, most + half];
  } } },
  hooks: { draw: [drawCandles] },
  series: [
    { label: "time", value: newest(second) },
    ...["open", "high", "low", "close"].map(label =>
      ({ label, value: newest(number), stroke: colour("--dim"), paths: () => null, points: { show: false } })),
  ],
});

// Without a pointer the depth chart tells the middle of the book, and all that is shown of each side.
const middle = ([prices, bids]) => {
  const best = bids.findLastIndex(sum => sum !== null);
  return best < 0 || best + 1 === prices.length ? null : (prices[best] + prices[best + 1]) / 2;
};
const orAll = all => (plot, value, _, at) => {
  const shown = at == null ? all(plot.data) : value;
  return shown == null ? "" : number(shown);
};

const depthOptions = () => ({
  axes: axes(72),
  cursor: { y: false },
  scales: { x: { time: false }, y: { range: (_, __, most) => [0, most * 1.05 || 1] } },
  series: [
    { label: "price", value: orAll(middle) },
    { label: "bids", value: orAll(([, bids]) => bids[0]), stroke: colour("--buy"), fill: colour("--buy-back"), width: 1.5, paths: uPlot.paths.stepped({ align: -1 }), points: { show: false } },
    { label: "asks", value: orAll(([, , asks]) => asks.at(-1)), stroke: colour("--sell"), fill: colour("--sell-back"), width: 1.5, paths: uPlot.paths.stepped({ align: 1 }), points: { show: false } },
  ],
});

// Sums up a book from its middle outwards: three columns, by rising price. Levels far outside are left out: a chart that
// shows an order at half the price shows nothing else.
function depth(bids, asks) {
  const span = side => side.length > 1 ? Math.abs(side.at(-1)[0] - side[0][0]) : Infinity;
  const middle = bids.length && asks.length ? (+bids[0][0] + +asks[0][0]) / 2 : null;
  const most = 2 * Math.min(span(bids.slice(0, 15)), span(asks.slice(0, 15)));
  const near = side => middle === null ? side : side.filter(([price]) => Math.abs(price - middle) <= most);
  const rows = [];
  let sum = 0;
  for (const [price, quantity] of near(bids)) rows.unshift([+price, (sum += +quantity), null]);
  sum = 0;
  for (const [price, quantity] of near(asks)) rows.push([+price, null, (sum += +quantity)]);
  return [0, 1, 2].map(column => rows.map(row => row[column]));
}
