/** Milliseconds as Go's time.Duration prints itself: 1m20s, 1.5s, 250ms, 0s. */
export function goDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s';
  const whole = Math.round(Math.abs(milliseconds) * 1000) / 1000;
  const sign = milliseconds < 0 ? '-' : '';
  if (whole < 1) return `${sign}${whole * 1000}µs`;
  if (whole < 1000) return `${sign}${whole}ms`;
  const hours = Math.floor(whole / 3_600_000);
  const minutes = Math.floor((whole % 3_600_000) / 60_000);
  const seconds = Math.round((whole % 60_000) * 1000) / 1_000_000;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}s` : `${sign}${seconds}s`;
}
