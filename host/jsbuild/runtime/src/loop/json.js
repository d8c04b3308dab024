// JSON as it was before the action could change it.

export const { parse, stringify } = JSON;
