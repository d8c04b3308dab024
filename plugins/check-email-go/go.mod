module github.com/usherhost/usher/plugins/check-email-go

go 1.24

require github.com/usherhost/usher/sdk/go v0.0.0

replace github.com/usherhost/usher/sdk/go => ../../sdk/go
