// codes and reasons
import { ReasonPhrases, StatusCodes, getReasonPhrase } from "http-status-codes";

console.log(StatusCodes.NOT_FOUND, ReasonPhrases.OK, getReasonPhrase(418));
