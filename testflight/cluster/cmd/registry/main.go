// Command registry serves an OCI registry over HTTP. It keeps layers on disk and
// manifests in memory, so images are to be pushed again after a restart.
package main

import (
	"flag"
	"log"
	"net/http"
	"os"
	"strings"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	address := flag.String("address", "127.0.0.1:5000", "host:port to listen on")
	directory := flag.String("directory", ".", "existing folder for the layers")
	login := flag.String("login", "", "file with USER:PASSWORD; without it, nobody needs to log in")
	flag.Parse()

	handler := registry.New(registry.WithBlobHandler(registry.NewDiskBlobHandler(*directory)))
	if *login != "" {
		content, err := os.ReadFile(*login)
		if err != nil {
			log.Fatalf("read the login: %s", err)
		}
		user, password, found := strings.Cut(strings.TrimSpace(string(content)), ":")
		if !found {
			log.Fatalf("the login in %s has no colon: write USER:PASSWORD", *login)
		}
		handler = withLogin(handler, user, password)
	}

	log.Printf("serving %s on %s", *directory, *address)
	log.Fatal(http.ListenAndServe(*address, handler))
}
