package asteriskconf

import (
	"fmt"
	"maps"
	"slices"

	"autocom/pbx"
	"autocom/pbx/announcement"
	"autocom/pbx/blacklist"
	"autocom/pbx/conference"
	"autocom/pbx/directory"
	"autocom/pbx/emergency"
	"autocom/pbx/forward"
	"autocom/pbx/group"
	"autocom/pbx/hours"
	"autocom/pbx/inbound"
	"autocom/pbx/mail"
	"autocom/pbx/menu"
	"autocom/pbx/music"
	"autocom/pbx/paging"
	"autocom/pbx/parking"
	"autocom/pbx/pickup"
	"autocom/pbx/prompt"
	"autocom/pbx/queue"
	"autocom/pbx/recall"
	"autocom/pbx/record"
	"autocom/pbx/route"
	"autocom/pbx/setupcode"
	"autocom/pbx/speeddial"
	"autocom/pbx/transfer"
	"autocom/pbx/trunk"
	"autocom/pbx/voicemail"
	"autocom/pbx/waiting"
)

// features are the parts of the exchange that stand in folders of their own, in the order
// in which their fragments are appended to the files. A new one is one line.
var features = []struct {
	name   string
	render func(pbx.Plan) (pbx.Fragments, error)
}{
	{blacklist.Kind, blacklist.Render},
	{conference.Kind, conference.Render},
	{"forward", forward.Render},
	{group.Kind, group.Render},
	{prompt.Kind, prompt.Render},
	{menu.Kind, menu.Render},
	{hours.Kind, hours.Render},
	{announcement.Kind, announcement.Render},
	{directory.Kind, directory.Render},
	{queue.Kind, queue.Render},
	{record.Kind, record.Render},
	{music.Kind, music.Render},
	{paging.Kind, paging.Render},
	{"parking", parking.Render},
	{"pickup", pickup.Render},
	{"recall", recall.Render},
	{speeddial.Kind, speeddial.Render},
	{setupcode.Function, setupcode.Render},
	{mail.Feature, mail.Render},
	{voicemail.Feature, voicemail.Render},
	{"transfer", transfer.Render},
	{trunk.Kind, trunk.Render},
	{route.Kind, route.Render},
	{inbound.Kind, inbound.Render},
	{"emergency", emergency.Render},
	{"waiting", waiting.Render},
}

// fragments are what all features add: keys of lines and permits together, texts each for
// itself.
func fragments(plan pbx.Plan) (all pbx.Fragments, texts []map[string]string, err error) {
	for _, f := range features {
		part, err := f.render(plan)
		if err != nil {
			return all, nil, err
		}
		texts = append(texts, part.Files)
		part.Files = nil
		all.Join(part)
	}
	return all, texts, nil
}

// join makes files of the texts of the base and of the features, in their order.
func join(base map[string]string, features []map[string]string) (pbx.Files, error) {
	length := map[string]int{}
	for _, texts := range append([]map[string]string{base}, features...) {
		for _, name := range slices.Sorted(maps.Keys(texts)) {
			if _, ok := base[name]; !ok {
				return nil, fmt.Errorf("a feature adds to %s, which is no file of ours", name)
			}
			length[name] += len(texts[name])
		}
	}
	files := pbx.Files{}
	for name, text := range base {
		files[name] = append(make([]byte, 0, length[name]), text...)
		for _, more := range features {
			files[name] = append(files[name], more[name]...)
		}
	}
	return files, nil
}
