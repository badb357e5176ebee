// Draws the data of a series page: lines, or candles where there are open, high, low and close.
const COLOURS = ["#0b7fa8", "#c2571a", "#3f8f3a", "#8a56c2", "#b3304f", "#7a6a1c"];
for (const place of document.querySelectorAll("[data-chart]")) draw(place);

function draw(place) {
  const { names, data } = JSON.parse(place.dataset.chart);
  const soft = getComputedStyle(document.documentElement).getPropertyValue("--soft");
  const grid = getComputedStyle(document.documentElement).getPropertyValue("--line");
  const ohlc = ["open", "high", "low", "close"].map((name) => names.indexOf(name) + 1);
  const isCandles = ohlc.every((i) => i > 0);
  const axis = { stroke: soft, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid } };
  const width = () => place.clientWidth;
  const chart = new uPlot(
    {
      width: width(),
      height: 340,
      series: [
        {},
        ...names.map((label, i) => ({
          label,
          stroke: COLOURS[i % COLOURS.length],
          width: 1.5,
          show: isCandles ? ohlc.includes(i + 1) : i < COLOURS.length,
          ...(isCandles && { paths: () => null, points: { show: false } }),
        })),
      ],
      axes: [axis, { ...axis, size: 64 }],
      hooks: isCandles ? { draw: [(u) => candles(u, ohlc)] } : {},
    },
    data,
    place,
  );
  new ResizeObserver(() => chart.setSize({ width: width(), height: 340 })).observe(place);
}

function candles(u, [open, high, low, close]) {
  const { ctx } = u;
  const body = Math.max(1, Math.min(12, (u.bbox.width / u.data[0].length) * 0.6));
  ctx.save();
  for (let i = 0; i < u.data[0].length; i++) {
    const cells = [open, high, low, close].map((column) => u.data[column][i]);
    if (cells.some((cell) => cell === null || cell === undefined)) continue;
    const x = Math.round(u.valToPos(u.data[0][i], "x", true));
    const [o, h, l, c] = cells.map((cell) => u.valToPos(cell, "y", true));
    ctx.fillStyle = ctx.strokeStyle = cells[3] >= cells[0] ? "#2f9e63" : "#d0483f";
    ctx.fillRect(x, h, 1, l - h);
    ctx.fillRect(x - body / 2, Math.min(o, c), body, Math.max(1, Math.abs(o - c)));
  }
  ctx.restore();
}
