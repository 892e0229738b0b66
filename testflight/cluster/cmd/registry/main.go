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
	logins := flag.String("logins", "", "file with a line USER:PASSWORD for each user; without it, nobody needs to log in")
	flag.Parse()

	handler := registry.New(registry.WithBlobHandler(registry.NewDiskBlobHandler(*directory)))
	if *logins != "" {
		content, err := os.ReadFile(*logins)
		if err != nil {
			log.Fatalf("read the logins: %s", err)
		}
		handler = withLogin(handler, strings.Fields(string(content)))
	}

	log.Printf("serving %s on %s", *directory, *address)
	log.Fatal(http.ListenAndServe(*address, handler))
}
