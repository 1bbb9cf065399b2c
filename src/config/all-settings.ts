/**
 * The settings of the program and the addresses of its venues, which stand in their own folders: `.env.example`, the
 * README's table and `crypto-lake config` are made from this list.
 */
import type { Setting } from '../base/setting.ts';
import { VENUES } from '../sources/registry.ts';
import { SETTINGS } from './settings.ts';

/** Addresses of the venues. */
export const VENUE_SETTINGS: readonly Setting[] = VENUES.flatMap(({ settings }) => settings);

/** All of them by key: the name of a setting, or for an address of a venue its environment name. */
export const ALL_SETTINGS: ReadonlyMap<string, Setting> = new Map<string, Setting>([
  ...Object.entries(SETTINGS),
  ...VENUE_SETTINGS.map((setting) => [setting.env, setting] as const),
]);
