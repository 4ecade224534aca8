// The scene of a first visit, as a user goes through it with the space bar.

import { setTimeout as sleep } from 'node:timers/promises';

import { control, rows } from './harness.mjs';

/**
 * Steps until the story is told: a device asks, the broker passes it on, another confirms, the broker passes that on. Returns who was
 * who and the rows.
 */
export async function stepThroughTheLock(page) {
  await control(page, 'scene').waitFor();
  for (let steps = 0; steps < 100; steps++) {
    await page.keyboard.press('Space');
    await sleep(60);
    const all = await rows(page);
    const told = story(all);
    if (told) return { ...told, rows: all };
  }
  throw new Error(`after 100 steps the car lock is not told; the rows are:\n${(await rows(page)).map(({ text }) => text).join('\n')}`);
}

function story(all) {
  const told = all.filter(({ kind, fate }) => kind === 'PUBLISH' && fate === 'arrived');
  const asks = told.find(({ dir }) => dir === 'to-broker');
  const passed = told.find(({ dir, device }) => dir === 'from-broker' && device !== asks?.device);
  const confirms = told.find(({ dir, device, n }) => dir === 'to-broker' && device === passed?.device && n > passed.n);
  const confirmed = told.find(({ dir, device, n }) => dir === 'from-broker' && device === asks?.device && n > (confirms?.n ?? Infinity));
  return confirmed ? { phone: asks.device, car: passed.device } : null;
}
