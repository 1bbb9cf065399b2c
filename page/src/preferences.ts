/** Dark or light, UTC or local time: kept in this browser. */
export type Theme = 'dark' | 'light';
export type Zone = 'utc' | 'local';

interface Preferences {
  theme: Theme;
  zone: Zone;
}

const systemTheme: Theme = matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark';

export const preferences: Preferences = {
  theme:
    localStorage.getItem('theme') === 'light'
      ? 'light'
      : localStorage.getItem('theme') === 'dark'
        ? 'dark'
        : systemTheme,
  zone: localStorage.getItem('zone') === 'local' ? 'local' : 'utc',
};

export function savePreferences(changes: Partial<Preferences>): void {
  Object.assign(preferences, changes);
  localStorage.setItem('theme', preferences.theme);
  localStorage.setItem('zone', preferences.zone);
  document.documentElement.dataset.theme = preferences.theme;
}
