/** Strings of the X-ray's figures as they are arranged, and of what its lists offer. */
export const figures = {
  name: (number: number) => `Figure ${number}`,
  views: (number: number) => `What figure ${number} shows`,
  splitBeside: 'A second figure beside this one',
  splitBelow: 'A second figure below this one',
  placeBeside: 'Put the figures side by side',
  placeBelow: 'Put one figure above the other',
  close: (view: string) => `Close ${view}`,
  share: 'Size of the first figure',
  offered: 'What can be pulled',
  asking: 'Asking the registry …',
  askAgain: 'Ask again',
  pull: 'Pull',
  pullNamed: (name: string) => `Pull ${name}`,
} as const;
