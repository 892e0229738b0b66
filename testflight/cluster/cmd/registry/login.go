package main

import (
	"crypto/subtle"
	"net/http"
	"slices"
)

// withLogin lets through only requests with one of these logins, each of them
// USER:PASSWORD.
func withLogin(handler http.Handler, logins []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		isGiven := func(login string) bool {
			return subtle.ConstantTimeCompare([]byte(login), []byte(user+":"+password)) == 1
		}
		if !slices.ContainsFunc(logins, isGiven) {
			w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			w.Write([]byte(`{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`))
			return
		}
		handler.ServeHTTP(w, r)
	})
}
