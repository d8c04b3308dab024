// The web platform's part of the global object.
