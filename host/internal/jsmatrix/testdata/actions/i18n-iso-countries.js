// names in two languages
import countries from "i18n-iso-countries";

console.log(countries.alpha2ToAlpha3("AT"), countries.numericToAlpha2("040"), countries.isValid("XX"), Object.keys(countries.getAlpha2Codes()).length);
