module github.com/usherhost/usher/sdk/go

go 1.24
