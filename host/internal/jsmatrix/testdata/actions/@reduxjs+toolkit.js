// a slice, a store
import { configureStore, createSlice } from "@reduxjs/toolkit";

const slice = createSlice({ name: "n", initialState: { value: 0 }, reducers: { add: (state, action) => { state.value += action.payload; } } });
const store = configureStore({ reducer: slice.reducer });
store.dispatch(slice.actions.add(2));
console.log(store.getState(), slice.actions.add(1));
