package kubernetes

import "time"

// overtaken is how long a request to create a container may be on its way, after one to destroy
// the container was answered: longer than web waits for any answer by default.
const overtaken = 10 * time.Minute

// graveyard are the handles that were to be destroyed before they were known. An abort may
// overtake the request that creates the container. Web gives no handle twice.
type graveyard map[string]time.Time

func (g graveyard) bury(handle string, now time.Time) {
	for buried, at := range g {
		if now.Sub(at) > overtaken {
			delete(g, buried)
		}
	}
	g[handle] = now
}

func (g graveyard) has(handle string, now time.Time) bool {
	at, buried := g[handle]
	return buried && now.Sub(at) <= overtaken
}
