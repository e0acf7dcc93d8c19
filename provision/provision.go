// Package provision holds the words of the agent: a Sighting of a MAC becomes a
// Device, the device gets a Line with a number, and a Request of the phone gets a File.
//
// It imports only the standard library; the steps that turn one word into the
// next are its subfolders.
package provision
