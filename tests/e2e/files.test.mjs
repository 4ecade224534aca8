// Scenes, runs as files and links, captures for other tools and of others.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';

import { control, noTroubles, rows, startWorld } from './harness.mjs';
import { stepUntil, until } from './lab.mjs';

let world;
before(async () => (world = await startWorld()));
after(async () => world?.close());

const option = { timeout: 90_000 };
const texts = async (page) => (await rows(page)).map(({ text }) => text);

/** Presses a button that gives a file; its name and bytes. */
async function download(page, name) {
  const [file] = await Promise.all([page.waitForEvent('download'), control(page, name).click()]);
  return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
}

async function load(page, scene) {
  await control(page, 'tab-files').click();
  await control(page, `scene-${scene}`).click();
  await control(page, 'scene').waitFor();
}

test('a scene is loaded, played, judged; its run is saved and replayed, by file and by link', option, async () => {
  const { page } = world;
  await load(page, 'retained');
  await stepUntil(page, (all) => all.length > 12, 'it has begun');
  const before = await texts(page);
  await control(page, 'tab-files').click();
  await control(page, 'judge').click();
  await until(async () => (await page.locator('[data-test="judged"] li').count()) > 0, 'it is judged');

  const run = await download(page, 'record');
  assert.match(run.name, /\.glassmq$/);
  await control(page, 'share').click();
  const link = await control(page, 'link').inputValue();
  assert.match(link, /#run=[\w-]+$/);

  await load(page, 'car-lock');
  await control(page, 'tab-files').click();
  await control(page, 'replay').setInputFiles({ name: run.name, mimeType: 'application/octet-stream', buffer: run.bytes });
  await until(async () => JSON.stringify(await texts(page)) === JSON.stringify(before), 'the file gives the same rows');

  await page.goto('about:blank');
  await page.goto(link);
  await until(async () => JSON.stringify(await texts(page)) === JSON.stringify(before), 'the link gives the same rows');

  await control(page, 'tab-files').click();
  await control(page, 'replay').setInputFiles({ name: 'x', mimeType: 'application/octet-stream', buffer: Buffer.from('not a run') });
  await control(page, 'files-wrong').waitFor();
  noTroubles(page);
});

test('the ladder is saved for other tools, and a capture becomes a ladder', option, async () => {
  const { page } = world;
  await load(page, 'car-lock');
  await stepUntil(page, (all) => all.some(({ kind }) => kind === 'PUBCOMP'), 'it has come so far');
  const packets = async () => (await rows(page)).filter(({ kind }) => kind !== 'EVENT').map(({ kind, dir }) => `${kind} ${dir}`);
  const shown = await packets();
  await control(page, 'tab-files').click();
  const kinds = [['1', 'pcapng', 'pcapng'], ['2', 'jsonl', '{'], ['4', 'mmd', 'sequenceDiagram'], ['5', 'svg', '<svg']];
  let capture;
  for (const [choice, , begin] of kinds) {
    await control(page, 'export-format').selectOption(choice);
    const file = await download(page, 'export');
    assert.ok(file.bytes.length > 200, file.name);
    if (begin === 'pcapng') capture = file;
    else assert.ok(file.bytes.subarray(0, 400).toString().includes(begin), file.name);
  }
  await control(page, 'import').setInputFiles({ name: 'lock.pcapng', mimeType: 'application/octet-stream', buffer: capture.bytes });
  await control(page, 'recording').waitFor();
  assert.match(await control(page, 'recording').innerText(), /lock\.pcapng: 2 connections/);
  // What was still under way when the capture was made had left one end only.
  const seen = await packets();
  assert.deepEqual(seen.slice(0, 8), shown.slice(0, 8));
  await control(page, 'close-recording').click();
  await until(async () => (await packets()).length === shown.length, 'the world is back');
  noTroubles(page);
});

test('a text with a mistake is refused by line and column', option, async () => {
  const { page } = world;
  await control(page, 'tab-files').click();
  await control(page, 'scene-text').fill('title Mine\ndevice ???');
  await control(page, 'load-text').click();
  await control(page, 'files-wrong').waitFor();
  assert.match(await control(page, 'files-wrong').innerText(), /Line 2, column \d+/);
  noTroubles(page);
});
