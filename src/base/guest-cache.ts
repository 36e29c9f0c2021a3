/**
 * The browser's cache of the guest's files, one for every version: entries are keyed by digest, and `SiteAssets.keepOnly`
 * drops those of older builds.
 */
export const guestCacheName = 'sandglass-guest';
