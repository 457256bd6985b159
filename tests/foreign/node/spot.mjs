// `@binance/spot` of npm, the official client, unmodified: the WebSocket API, REST and market streams.

import { Spot } from '@binance/spot';

import { SYMBOL, WHERE, next, teller, version } from './common.mjs';

console.info = console.warn = console.debug = console.error = () => {};
const attempt = teller(version('@binance/spot'));
const LIMIT = { symbol: SYMBOL, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: 0.01 };

function keys(kind) {
  const key = WHERE[kind];
  return kind === 'hmac'
    ? { apiKey: key.api_key, apiSecret: key.secret }
    : { apiKey: key.api_key, privateKey: key.pem };
}

async function overTheSocket(kind) {
  const client = new Spot({ configurationWebsocketAPI: { ...keys(kind), wsURL: WHERE.ws_api } });
  const connection = await client.websocketAPI.connect();
  const call = (name, look, given) => attempt(
    `${kind} ${name}`, async () => (await connection[name](given)).data, look,
  );
  const loggedOn = kind === 'ed25519';
  if (loggedOn) await attempt(`${kind} sessionLogon`, () => connection.sessionLogon({}), (told) => told !== undefined);
  await call('ping', (told) => told !== undefined);
  await call('time', (told) => told.serverTime > 0);
  await call('exchangeInfo', (told) => told.symbols[0].symbol === SYMBOL, { symbol: SYMBOL });
  await call('depth', (told) => told.bids.length === 5, { symbol: SYMBOL, limit: 5 });
  await call('klines', (told) => told.length > 0, { symbol: SYMBOL, interval: '1m' });
  const price = Number((await connection.tickerPrice({ symbol: SYMBOL })).data.price);
  const low = Number((price * 0.8).toFixed(2));
  const subscribe = loggedOn ? 'userDataStreamSubscribe' : 'userDataStreamSubscribeSignature';
  const subscribed = await attempt(`${kind} ${subscribe}`, () => connection[subscribe](), (told) => told !== undefined);
  const stream = [subscribed].flat()[0]?.stream;
  const event = stream && next(stream, 'message', (told) => told.e === 'executionReport');
  const placed = await call('orderPlace', (told) => told.status === 'NEW', { ...LIMIT, price: low });
  await attempt(`${kind} executionReport`, async () => event, (told) => told.s === SYMBOL);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const which = { symbol: SYMBOL, orderId: placed?.orderId };
  await call('orderStatus', (told) => told.status === 'NEW', which);
  await call('openOrdersStatus', (told) => told.length >= 1, { symbol: SYMBOL });
  await call('orderAmendKeepPriority', (told) => told.amendedOrder.qty === '0.00500000', { ...which, newQty: 0.005 });
  await call('orderCancel', (told) => told.status === 'CANCELED', which);
  const market = { symbol: SYMBOL, side: 'BUY', type: 'MARKET', quantity: 0.01 };
  await call('orderPlace', (told) => told.status === 'FILLED', market);
  const oco = {
    symbol: SYMBOL, side: 'SELL', quantity: 0.01, aboveType: 'LIMIT_MAKER', belowType: 'STOP_LOSS',
    abovePrice: Number((price * 1.2).toFixed(2)), belowStopPrice: low,
  };
  const list = await call('orderListPlaceOco', (told) => told.orders.length === 2, oco);
  await call('orderListCancel', (told) => told.listOrderStatus === 'ALL_DONE',
    { symbol: SYMBOL, orderListId: list?.orderListId });
  await new Promise((resolve) => setTimeout(resolve, 200));
  await call('myTrades', (told) => told.length >= 1, { symbol: SYMBOL });
  await call('allOrders', (told) => told.length >= 4, { symbol: SYMBOL });
  await call('accountStatus', (told) => told.balances.length > 0, {});
  await call('accountCommission', (told) => told.symbol === SYMBOL, { symbol: SYMBOL });
  await attempt(`${kind} a refusal is an exception`,
    () => connection.orderCancel(which).then(() => null, (error) => error),
    (error) => JSON.stringify(error, Object.getOwnPropertyNames(error ?? {})).includes('Unknown order'));
  await connection.disconnect();
}

async function overRest(kind) {
  const client = new Spot({ configurationRestAPI: { ...keys(kind), basePath: WHERE.rest } }).restAPI;
  const call = (name, look, given) => attempt(
    `${kind} REST ${name}`, async () => (await client[name](given)).data(), look,
  );
  await call('time', (told) => told.serverTime > 0);
  await call('exchangeInfo', (told) => told.symbols.length > 3);
  await call('depth', (told) => told.asks.length === 5, { symbol: SYMBOL, limit: 5 });
  const price = Number((await (await client.tickerPrice({ symbol: SYMBOL })).data()).price);
  const placed = await call('newOrder', (told) => told.orderId > 0,
    { ...LIMIT, price: Number((price * 0.8).toFixed(2)) });
  const which = { symbol: SYMBOL, orderId: placed?.orderId };
  await new Promise((resolve) => setTimeout(resolve, 200));
  await call('getOrder', (told) => told.status === 'NEW', which);
  await call('deleteOrder', (told) => told.status === 'CANCELED', which);
  await call('getAccount', (told) => told.balances.length > 0);
  await call('myTrades', (told) => Array.isArray(told), { symbol: SYMBOL });
}

async function streams() {
  const client = new Spot({ configurationWebsocketStreams: { wsURL: WHERE.streams } });
  const connection = await client.websocketStreams.connect();
  const wanted = {
    aggTrade: {}, trade: {}, bookTicker: {}, diffBookDepth: { updateSpeed: '100ms' }, kline: { interval: '1s' },
    miniTicker: {},
  };
  for (const [name, more] of Object.entries(wanted)) {
    await attempt(`stream ${name}`,
      () => next(connection[name]({ symbol: SYMBOL.toLowerCase(), ...more }), 'message', () => true),
      (told) => told.s === SYMBOL);
  }
  await connection.disconnect();
}

for (const kind of ['ed25519', 'hmac', 'rsa']) await overTheSocket(kind);
for (const kind of ['ed25519', 'hmac', 'rsa']) await overRest(kind);
await streams();
process.exit(0);
