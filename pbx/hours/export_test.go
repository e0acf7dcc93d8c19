package hours

// Times are what GotoIfTime is given for a range.
func Times(r Range) []string { return r.times() }
