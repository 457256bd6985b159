// `binance` of npm (tiagosiebler), unmodified: its WebSocket API client, its REST client and its streams.

import { MainClient, WebsocketAPIClient, WebsocketClient } from 'binance';

import { SYMBOL, WHERE, fault, next, teller, version } from './common.mjs';

const attempt = teller(version('binance'));
const quiet = { trace() {}, info() {}, error() {}, debug() {} };
const LIMIT = { symbol: SYMBOL, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: 0.01 };

function keys(kind) {
  const key = WHERE[kind];
  return { api_key: key.api_key, api_secret: kind === 'hmac' ? key.secret : key.pem };
}

async function overTheSocket(kind) {
  const options = { ...keys(kind), wsUrl: WHERE.streams, attachEventListeners: false, muteLatencyWarning: true };
  const client = new WebsocketAPIClient(options, quiet);
  const heard = client.getWSClient();
  heard.on('exception', () => {});
  const call = (name, look, ...given) => attempt(`${kind} ${name}`, () => client[name](...given), look);
  const signed = (name, look, given) => attempt(
    `${kind} ${name}`, () => client[name]({ ...given, timestamp: Date.now() }), look,
  );
  await call('testSpotConnectivity', (told) => told.status === 200);
  await call('getSpotServerTime', (told) => told.result.serverTime > 0);
  await call('getSpotExchangeInfo', (told) => told.result.symbols[0].symbol === SYMBOL, { symbol: SYMBOL });
  await call('getSpotOrderBook', (told) => told.result.bids.length === 5, { symbol: SYMBOL, limit: 5 });
  await call('getSpotKlines', (told) => told.result.length > 0, { symbol: SYMBOL, interval: '1m' });
  await call('getSpotSymbolPriceTicker', (told) => Number(told.result.price) > 0, { symbol: SYMBOL });
  await call('subscribeUserDataStream', () => true, 'mainWSAPI');
  const price = Number((await client.getSpotSymbolPriceTicker({ symbol: SYMBOL })).result.price);
  const low = (price * 0.8).toFixed(2);
  const event = next(heard, 'message', (told) => told.event?.e === 'executionReport' || told.e === 'executionReport');
  const placed = await signed('submitNewSpotOrder', (told) => told.result.status === 'NEW', { ...LIMIT, price: low });
  await attempt(`${kind} executionReport`, () => event, (told) => (told.event ?? told).s === SYMBOL);
  const which = { symbol: SYMBOL, orderId: placed?.result.orderId };
  await new Promise((resolve) => setTimeout(resolve, 200));
  await signed('getSpotOrderStatus', (told) => told.result.status === 'NEW', which);
  await signed('getSpotOpenOrders', (told) => told.result.length >= 1, { symbol: SYMBOL });
  await signed('amendSpotOrderKeepPriority', (told) => told.result.amendedOrder.qty === '0.00500000',
    { ...which, newQty: 0.005 });
  await signed('cancelSpotOrder', (told) => told.result.status === 'CANCELED', which);
  const market = { symbol: SYMBOL, side: 'BUY', type: 'MARKET', quantity: 0.01 };
  await signed('submitNewSpotOrder', (told) => told.result.status === 'FILLED', market);
  await signed('testSpotOrder', (told) => told.status === 200, market);
  const oco = {
    symbol: SYMBOL, side: 'SELL', quantity: 0.01, aboveType: 'LIMIT_MAKER', abovePrice: (price * 1.2).toFixed(2),
    belowType: 'STOP_LOSS', belowStopPrice: low,
  };
  const list = await signed('placeSpotOCOOrderList', (told) => told.result.orders.length === 2, oco);
  await signed('cancelSpotOrderList', (told) => told.result.listOrderStatus === 'ALL_DONE',
    { symbol: SYMBOL, orderListId: list?.result.orderListId });
  await new Promise((resolve) => setTimeout(resolve, 200));
  await signed('getSpotMyTrades', (told) => told.result.length >= 1, { symbol: SYMBOL });
  await signed('getSpotAllOrders', (told) => told.result.length >= 4, { symbol: SYMBOL });
  await signed('getSpotAccountInformation', (told) => told.result.balances.length > 0, {});
  await signed('getSpotOrderRateLimits', (told) => told.result.length === 2, {});
  await attempt(`${kind} a refusal is an exception`,
    () => client.cancelSpotOrder({ ...which, timestamp: Date.now() }).then(() => null, (error) => error), (error) => error?.error?.code === -2011);
  await attempt(`${kind} user data goes on after every connection was dropped`, async () => {
    const back = next(heard, 'reconnected', () => true);
    await fault({ fault: 'cut_all' });
    await back;
    await new Promise((resolve) => setTimeout(resolve, 4000));
    const filled = next(heard, 'message', (told) => (told.event ?? told).e === 'executionReport');
    await client.submitNewSpotOrder({ ...market, timestamp: Date.now() });
    return filled;
  }, (told) => (told.event ?? told).s === SYMBOL);
  await client.disconnectAll();
}

async function overRest(kind) {
  const client = new MainClient({ ...keys(kind), baseUrl: WHERE.rest, disableTimeSync: true });
  const call = (name, look, ...given) => attempt(`${kind} REST ${name}`, () => client[name](...given), look);
  await call('testConnectivity', (told) => told !== undefined);
  await call('getExchangeInfo', (told) => told.symbols.length > 3);
  await call('getOrderBook', (told) => told.asks.length === 5, { symbol: SYMBOL, limit: 5 });
  await call('getKlines', (told) => told.length > 0, { symbol: SYMBOL, interval: '1m' });
  const price = Number((await client.getSymbolPriceTicker({ symbol: SYMBOL })).price);
  const placed = await call('submitNewOrder', (told) => told.orderId > 0, { ...LIMIT, price: (price * 0.8).toFixed(2) });
  const which = { symbol: SYMBOL, orderId: placed?.orderId };
  await new Promise((resolve) => setTimeout(resolve, 200));
  await call('getOrder', (told) => told.status === 'NEW', which);
  await call('getOpenOrders', (told) => told.length >= 1, { symbol: SYMBOL });
  await call('cancelOrder', (told) => told.status === 'CANCELED', which);
  await call('getAccountInformation', (told) => told.balances.length > 0);
  await call('getAccountTradeList', (told) => Array.isArray(told), { symbol: SYMBOL });
}

async function streams() {
  const client = new WebsocketClient({ wsUrl: WHERE.streams, beautify: false }, quiet);
  client.on('exception', () => {});
  for (const name of ['trade', 'depth@100ms', 'bookTicker', 'kline_1s', 'miniTicker']) {
    const stream = `${SYMBOL.toLowerCase()}@${name}`;
    await attempt(`stream ${name}`, () => {
      const told = next(client, 'message', (message) => message.stream === stream || message.s === SYMBOL);
      client.subscribe([stream], 'main');
      return told;
    }, (told) => (told.data ?? told).s === SYMBOL);
  }
  client.closeAll(true);
}

for (const kind of ['ed25519', 'hmac', 'rsa']) await overTheSocket(kind);
for (const kind of ['ed25519', 'hmac', 'rsa']) await overRest(kind);
await streams();
process.exit(0);
