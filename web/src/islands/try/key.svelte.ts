/** The key that was typed last, shared by all forms of the page and gone with it. */
export const typed = $state({ key: "" });
