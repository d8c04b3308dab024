// signInWithCustomToken
// 200 POST identitytoolkit.googleapis.com/v1/accounts:signInWithCustomToken {"idToken":"eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1MSIsImV4cCI6NDAwMDAwMDAwMCwiaWF0IjoxNzAwMDAwMDAwfQ.x","refreshToken":"r","expiresIn":"3600"}
// 200 POST identitytoolkit.googleapis.com/v1/accounts:lookup {"users":[{"localId":"u1","email":"jo@example.com"}]}
import { getAuth, signInWithCustomToken } from "firebase/auth";
import { initializeApp } from "firebase/app";

const signed = await signInWithCustomToken(getAuth(initializeApp({ projectId: "p", apiKey: "key" })), "token");
console.log(signed.user.uid);
