// mnemonicToSeedSync, entropyToMnemonic
import { entropyToMnemonic, mnemonicToSeedSync, validateMnemonic } from "bip39";

const words = entropyToMnemonic("00".repeat(16));
console.log(words, validateMnemonic(words));
