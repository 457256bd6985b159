// What the scripts share: where the exchange is, as JSON from standard input, and one line of JSON per thing tried.

import { readFileSync } from 'node:fs';

export const WHERE = JSON.parse(readFileSync(0, 'utf8'));
export const SYMBOL = 'BTCUSDT';

export function version(name) {
  const url = new URL(`${name}/package.json`, `file://${process.env.NODE_PATH}/`);
  return `${name} ${JSON.parse(readFileSync(url, 'utf8')).version}`;
}

export function teller(client) {
  const tell = (what, error = null) => console.log(JSON.stringify({ client, what, error }));
  return async (what, act, look) => {
    try {
      const told = await within(act(), 20_000);
      if (!look(told)) throw new Error(`unexpected: ${JSON.stringify(told)?.slice(0, 200)}`);
      tell(what);
      return told;
    } catch (error) {
      const body = error?.body ?? error?.response?.data ?? error?.message ?? error;
      tell(what, (typeof body === 'string' ? body : JSON.stringify(body)).slice(0, 300));
      return undefined;
    }
  };
}

export function within(promise, milliseconds) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing within ${milliseconds} ms`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// Returns a promise that the next message that fits fulfils.
export function next(emitter, event, fits) {
  return new Promise((resolve) => {
    const look = (message) => {
      if (fits(message)) {
        emitter.off?.(event, look);
        resolve(message);
      }
    };
    emitter.on(event, look);
  });
}

export async function fault(what) {
  const answer = await fetch(`${WHERE.control}/faults`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(what),
  });
  if (!answer.ok) throw new Error(await answer.text());
}
