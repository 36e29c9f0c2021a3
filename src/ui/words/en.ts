/** English, in which every string exists: a group a component or a page. */
export const en = {
  site: {
    skip: 'Skip to the content',
    home: 'Sandglass, home',
    contents: 'Contents',
    playground: 'Playground',
    real: 'What is real here',
    credits: 'Credits and licences',
    pages: 'Pages',
    toLight: 'Switch to the light theme',
    toDark: 'Switch to the dark theme',
  },
} as const;
