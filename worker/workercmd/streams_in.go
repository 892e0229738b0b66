package workercmd

import (
	"net/http"
	"strings"
)

// streamsIn is what another worker asks of Baggageclaim's API: to take files into a
// volume, which web named to it. Everything else goes through web: who only reaches
// the address reads no volume, lists none, makes and destroys none, and has none sent
// elsewhere.
func streamsIn(api http.Handler) http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("PUT /volumes/{handle}/stream-in", func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.PathValue("handle"), "/") { // escaped, and another path to the API
			http.NotFound(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
	return routes
}
