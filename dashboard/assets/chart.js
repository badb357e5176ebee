// Draws the data of a series page: lines, or candles. A range that is dragged over is loaded with more detail.
const HEIGHT = 340, LINES = 6;
const places = [...document.querySelectorAll("[data-chart]")];
let charts = places.map(draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const chart of charts) chart.destroy();
  charts = places.map(draw);
});
new ResizeObserver(() => {
  places.forEach((place, i) => charts[i].setSize({ width: place.clientWidth, height: HEIGHT }));
}).observe(document.body);

/** The colour that a variable of the style sheet is now: a canvas knows no variables. */
function colourOf(place, name) {
  place.style.color = `var(${name})`;
  const { color } = getComputedStyle(place);
  place.style.removeProperty("color");
  return color;
}

function draw(place) {
  const { kind, names, data } = JSON.parse(place.dataset.chart);
  const [soft, grid] = ["--soft", "--line"].map((name) => colourOf(place, name));
  const isCandles = kind === "candles";
  const axis = { stroke: soft, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid } };
  const ohlc = ["open", "high", "low", "close"].map((name) => names.indexOf(name) + 1);
  const [rising, falling] = ["--rising", "--falling"].map((name) => colourOf(place, name));
  const draws = isCandles ? [(u) => candles(u, ohlc, rising, falling)] : [];
  return new uPlot(
    {
      width: place.clientWidth,
      height: HEIGHT,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      cursor: { drag: { x: true, y: false, setScale: false } },
      series: [
        { value: "{YYYY}-{MM}-{DD} {HH}:{mm}" },
        ...names.map((label, i) => ({
          label,
          stroke: colourOf(place, `--line-${i % LINES + 1}`),
          width: 1.5,
          spanGaps: true,
          ...(isCandles && { paths: () => null, points: { show: false } }),
        })),
      ],
      axes: [axis, { ...axis, size: 64 }],
      hooks: { draw: draws, setSelect: [zoom] },
    },
    data,
    place,
  );
}

/** Goes to the page of the range, so that its address can be shared and Back leads here. */
function zoom(u) {
  if (u.select.width < 4) return;
  const address = new URL(location);
  for (const [name, at] of [["start", u.select.left], ["end", u.select.left + u.select.width]]) {
    address.searchParams.set(name, new Date(u.posToVal(at, "x") * 1000).toISOString());
  }
  location.assign(address);
}

function candles(u, [open, high, low, close], rising, falling) {
  const { ctx } = u;
  const body = Math.max(1, Math.min(12, (u.bbox.width / u.data[0].length) * 0.6));
  ctx.save();
  for (let i = 0; i < u.data[0].length; i++) {
    const cells = [open, high, low, close].map((column) => u.data[column][i]);
    if (cells.some((cell) => cell === null || cell === undefined)) continue;
    const x = Math.round(u.valToPos(u.data[0][i], "x", true));
    const [o, h, l, c] = cells.map((cell) => u.valToPos(cell, "y", true));
    ctx.fillStyle = cells[3] >= cells[0] ? rising : falling;
    ctx.fillRect(x, h, 1, l - h);
    ctx.fillRect(x - body / 2, Math.min(o, c), body, Math.max(1, Math.abs(o - c)));
  }
  ctx.restore();
}
