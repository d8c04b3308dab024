// a document set by REST
// 200 POST firestore.googleapis.com/v1/projects/p/databases/(default)/documents:commit {"writeResults":[{}],"commitTime":"2026-01-01T00:00:00Z"}
import { doc, getFirestore, setDoc } from "firebase/firestore/lite";
import { initializeApp } from "firebase/app";

const db = getFirestore(initializeApp({ projectId: "p", apiKey: "key" }));
await setDoc(doc(db, "users", "1"), { email: event.user.email, n: 1 });
console.log("set");
