// Package apiserver is what the worker asks of the API server: pods, their pull Secrets and
// their events. Each error says what was asked, what came back and what an operator can do. An
// API server that is away is asked again, for as long as the context lets.
package apiserver
