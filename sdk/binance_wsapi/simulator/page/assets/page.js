"use strict";
// The page of the local exchange: one WebSocket brings the present moment four times a second, and takes faults.

const $ = id => document.getElementById(id);
const MOST_TRADES = 1000, MOST_FRAMES = 300, MOST_LINES = 300, MOST_CANDLES = 120, MOST_UNANSWERED = 1000, LEVELS = 15;
const DRAWN_TRADES = 40;
let socket, state, trades = [], candles = new Map(), last = { clients: new Map(), faultAt: null, line: null };
const unanswered = new Map(); // request ids by client order id, of the orders since the last fault

// --- small helpers ----------------------------------------------------------------------------------------------------

function node(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}
const plain = number => number.includes(".") ? number.replace(/\.?0+$/, "") : number;
const clock = ms => new Date(ms).toISOString().slice(11, 19);
const side = word => word === "BUY" ? "buy" : "sell";

function rows(id, found, nothing) {
  const body = $(id), columns = body.parentElement.tHead?.rows[0].cells.length ?? 3;
  body.replaceChildren(...found.map(cells => {
    const row = node("tr");
    for (const [text, className] of cells) row.append(node("td", text, className));
    return row;
  }));
  if (!found.length && nothing) {
    const cell = node("td", nothing, "none");
    cell.colSpan = columns;
    body.append(node("tr"));
    body.lastChild.append(cell);
  }
}

function options(select, words, chosen) {
  if (select.options.length !== words.length || words.some((word, i) => select.options[i].value !== word))
    select.replaceChildren(...words.map(word => new Option(word, word)));
  if (select.value !== chosen && document.activeElement !== select) select.value = chosen;
}

// --- the moving picture -----------------------------------------------------------------------------------------------

const price = new Chart($("price-chart"), 220, priceOptions, [[], []]);
const book = new Chart($("depth-chart"), 200, depthOptions, [[], [], []]);

function show(now) {
  state = now;
  options($("symbol"), now.symbols, now.symbol);
  options($("account"), now.accounts, now.account);
  $("clock").firstChild.textContent = clock(now.time) + " UTC";
  showTrades(now);
  showPrice(now);
  showBook(now);
  rows("balances", now.balances.map(([asset, free, locked]) =>
    [[asset], [plain(free)], [plain(locked), +locked ? "sell" : ""]]), "No funds.");
  $("order-count").textContent = now.orders.length;
  rows("orders", now.orders.map(([, symbol, way, type, at, quantity, done, status, id]) =>
    [[symbol], [way, side(way)], [type], [plain(at)], [plain(quantity)], [plain(done)], [status], [id]]), "No open orders.");
  rows("fills", now.fills.map(([time, symbol, way, at, quantity, commission]) =>
    [[clock(time)], [symbol], [way, side(way)], [plain(at)], [plain(quantity)], [commission]]), "No fills yet.");
  showClients(now);
  showLimits(now);
  react(now);
  showFrames(now);
}

function showTrades(now) {
  if (now.fresh) trades = [];
  trades = trades.concat(now.trades).slice(-MOST_TRADES);
  const newest = trades.at(-1), before = trades.at(-2);
  $("price").firstChild.textContent = newest ? plain(newest[1]) : "–";
  const rises = newest && before ? Math.sign(newest[1] - before[1]) : 0;
  $("price").lastChild.textContent = [" ", "▲", "▼"].at(rises) + (now.status === "TRADING" ? "" : " " + now.status);
  $("price").className = rises < 0 ? "sell" : "buy";
  document.title = (newest ? plain(newest[1]) + " " : "") + now.symbol + " · local exchange";
  if (!now.fresh && !now.trades.length) return;
  rows("trades", trades.slice(-DRAWN_TRADES).reverse().map(([, at, quantity, time, sold]) =>
    [[clock(time)], [plain(at), sold ? "sell" : "buy"], [plain(quantity)]]), "No trades yet.");
}

function showPrice(now) {
  if (now.candles.interval) {
    if (now.candles.fresh) candles = new Map();
    for (const row of now.candles.rows) candles.set(row[0], row.map(Number));
    while (candles.size > MOST_CANDLES) candles.delete(candles.keys().next().value);
    const rows = [...candles.values()];
    price.turn(candleOptions, [0, 1, 2, 3, 4].map(column => rows.map(row => row[column])));
  } else if (now.fresh || now.trades.length || price.options !== priceOptions) {
    const byTime = new Map(trades.map(trade => [trade[3] / 1000, +trade[1]]));
    price.turn(priceOptions, [[...byTime.keys()], [...byTime.values()]]);
  }
}

function showBook(now) {
  const sides = { bids: now.bids.slice(0, LEVELS), asks: now.asks.slice(0, LEVELS) };
  const sums = {};
  for (const [name, levels] of Object.entries(sides)) {
    let sum = 0;
    sums[name] = levels.map(([at, quantity]) => [at, quantity, (sum += +quantity)]);
  }
  const most = Math.max(...["bids", "asks"].map(name => sums[name].at(-1)?.[2] ?? 0));
  for (const name of ["bids", "asks"]) {
    const levels = name === "asks" ? sums[name].toReversed() : sums[name];
    rows(name, levels.map(([at, quantity, sum]) =>
      [[plain(at), name === "bids" ? "buy" : "sell"], [plain(quantity)], [+sum.toPrecision(7) + ""]]), "empty");
    [...$(name).rows].forEach((row, i) => levels[i] && row.lastChild.style.setProperty("--share", 100 * levels[i][2] / most + "%"));
  }
  const spread = now.bids.length && now.asks.length ? now.asks[0][0] - now.bids[0][0] : null;
  rows("spread", [[[""], [spread === null ? "" : "spread " + +spread.toPrecision(6)], [""]]]);
  book.show(depth(now.bids, now.asks));
}

function showClients(now) {
  $("client-count").textContent = now.clients.length;
  $("clients").replaceChildren(...now.clients.map(each => {
    const item = node("li");
    item.append(node("b", "#" + each.number), ` ${each.kind} from ${each.ip}` + (each.account ? `, logged on as ${each.account}` : ""));
    item.append(node("small", `${Math.floor(each.age)} s` + (each.deaf ? ", not heard" : "") +
      (each.subscriptions.length ? " · " + each.subscriptions.join(", ") : " · no subscription")));
    return item;
  }));
  if (!now.clients.length) $("clients").append(node("li", "No client is connected.", "hint"));
}

function showLimits(now) {
  $("limits").replaceChildren(...now.limits.map(each => {
    if (each.seconds !== undefined) return node("p", `${each.what} for ${Math.ceil(each.seconds)} s`, "banned");
    const box = node("div", undefined, "meter"), line = node("p"), bar = node("meter");
    const span = (each.intervalNum > 1 ? each.intervalNum + " " : "") + each.interval.toLowerCase();
    line.append(node("span", `${each.what}, ${span}`), node("span", `${each.count} / ${each.limit}`));
    Object.assign(bar, { max: each.limit, high: each.limit * 0.8, optimum: 0, value: each.count });
    bar.setAttribute("aria-label", each.what);
    box.append(line, bar);
    return box;
  }));
}

// --- what happened ----------------------------------------------------------------------------------------------------

// A request that follows on others of its kind counts them: what a client goes on doing must not push away what it did
// about a fault. `id` is that of the order, empty where there is none, and left out where the line is no request.
function log(at, text, className, id) {
  if (id !== undefined && last.line?.text === text) {
    last.line.item.lastChild.textContent = `${text}, ${++last.line.count} times${id && ", last " + id}`;
    return;
  }
  const item = node("li", undefined, className), time = node("time");
  last.line = id === undefined ? null : { text, item, count: 1 };
  time.textContent = last.faultAt === null ? "" : `+${(at - last.faultAt).toFixed(2)} s`;
  item.append(time, node("span", id ? `${text} ${id}` : text));
  const list = $("reaction"), bottom = list.scrollHeight - list.scrollTop - list.clientHeight < 30;
  list.append(item);
  while (list.children.length > MOST_LINES) list.firstChild.remove();
  if (bottom) list.scrollTop = list.scrollHeight;
}

// Returns the line of a frame: a request by its method, an answer by its error, or by what it tells of an order whose
// own request was never answered.
function meaning(number, text) {
  let frame;
  try { frame = JSON.parse(text); } catch { return null; }
  if (frame?.method) {
    const id = frame.params?.newClientOrderId ?? "";
    if (id) unanswered.set(id, frame.id);
    if (unanswered.size > MOST_UNANSWERED) unanswered.delete(unanswered.keys().next().value);
    return [`#${number} asks ${frame.method}`, "", id];
  }
  for (const [id, request] of unanswered) if (request === frame?.id) unanswered.delete(id);
  if (frame?.error) return [`#${number} is answered ${frame.error.code}: ${frame.error.msg}`, ""];
  for (const each of [].concat(frame?.result ?? [])) {
    const id = each?.origClientOrderId ?? each?.clientOrderId;
    if (unanswered.delete(id)) return [`#${number} is told that ${id} is ${each.status}`, "up"];
  }
  return null;
}

function react(now) {
  const lines = [];
  for (const [number, , at, text] of now.frames) {
    const line = last.faultAt !== null && meaning(number, text);
    if (line) lines.push([at, ...line]);
  }
  for (const [at, method, fault] of now.met) lines.push([at, `${method || "a request"} met “${fault}”`, "fault"]);
  for (const [number, at] of now.ended) lines.push([at, `#${number} ended`, "down"]);
  const clients = new Map(now.clients.map(each => [each.number, each]));
  for (const [number, each] of clients)
    if (!last.clients.has(number)) lines.push([now.at - each.age, `#${number} connected (${each.kind})`, "up"]);
  last.clients = clients;
  lines.sort((a, b) => a[0] - b[0]).forEach(line => log(...line));
  const waits = [now.waiting ? `${now.waiting} waiting for a request` : "", now.spell].filter(Boolean).join(" · ");
  if (!$("told").classList.contains("wrong")) $("told").textContent = waits;
}

function showFrames(now) {
  if ($("pause").checked || !now.frames.length) return;
  const list = $("frames"), wanted = $("filter").value, top = list.scrollTop < 30;
  for (const [number, way, at, text] of now.frames) {
    if (wanted && !text.includes(wanted)) continue;
    const item = node("li", undefined, way), code = node("code"), open = node("button", text);
    open.type = "button";
    open.addEventListener("click", () => item.classList.toggle("open"));
    code.append(open);
    item.append(node("time", at.toFixed(2)), node("span", `#${number} ${way === "in" ? "→" : "←"}`), code);
    list.prepend(item);
  }
  while (list.children.length > MOST_FRAMES) list.lastChild.remove();
  if (top) list.scrollTop = 0;
}

// --- faults -----------------------------------------------------------------------------------------------------------

// A button makes what its tables describe; "$symbol" and "$account" are those that are looked at.
function filled(value) {
  if (value === "$symbol") return $("symbol").value;
  if (value === "$account") return $("account").value;
  if (Array.isArray(value)) return value.map(filled);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, filled(each)]));
}

function make(label, tables) {
  $("told").className = "";
  for (const each of tables) socket.send(JSON.stringify({ make: filled(each) }));
  last.faultAt = state.at;
  unanswered.clear();
  log(state.at, `you: ${label}`, "fault");
}

function showButtons(buttons) {
  $("buttons").replaceChildren(...buttons.map(({ label, makes, kind }) => {
    const button = node("button", label, kind);
    button.type = "button";
    button.addEventListener("click", () => {
      const method = kind === "meets" ? $("method").value : "";
      const tables = method ? makes.map(each => ({ ...each, method })) : makes;
      make(label + (kind === "meets" ? ` of ${method || "any request"}` : ""), tables);
    });
    return button;
  }));
}

// --- connection, theme ------------------------------------------------------------------------------------------------

function connect() {
  socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/page/live");
  socket.onopen = () => {
    $("link").textContent = "live";
    $("link").className = "";
    trades = [];
    $("filter").value ||= "";
    socket.send(JSON.stringify({ interval: $("interval").value }));
  };
  socket.onmessage = message => {
    const said = JSON.parse(message.data);
    if (said.error) {
      $("told").textContent = said.error;
      $("told").className = "wrong";
    } else if (said.buttons) showButtons(said.buttons);
    else if (said.time) show(said);
  };
  socket.onclose = () => {
    $("link").textContent = "the exchange is gone";
    $("link").className = "gone";
    setTimeout(connect, 1000);
  };
}

for (const name of ["symbol", "account", "interval"])
  $(name).addEventListener("change", () => { socket.send(JSON.stringify({ [name]: $(name).value })); $(name).blur(); });
$("clear-log").addEventListener("click", () => { $("reaction").replaceChildren(); last.faultAt = last.line = null; unanswered.clear(); });

const dark = matchMedia("(prefers-color-scheme: dark)");
function theme() {
  document.documentElement.dataset.theme = localStorage.getItem("theme") ?? (dark.matches ? "dark" : "light");
  price.draw();
  book.draw();
}
dark.addEventListener("change", theme);
$("theme").addEventListener("click", () => {
  localStorage.setItem("theme", document.documentElement.dataset.theme === "dark" ? "light" : "dark");
  theme();
});
theme();
connect();
