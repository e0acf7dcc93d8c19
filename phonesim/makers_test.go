package phonesim

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The samples follow the makers' public documents, by hand: none is one of our templates.
const (
	sampleGXP = `<?xml version="1.0" encoding="UTF-8" ?>
<gs_provision version="1"><mac>000b82000001</mac>
 <config version="1">
  <P271>1</P271><P270>201</P270><P47>192.168.1.10:5060</P47><P35>000b82000001-1</P35><P36>000b82000001-1</P36>
  <P34>s3cr&amp;t</P34><P3>Accueil</P3><P130>0</P130><P32>10</P32><P237>127.0.41.1/p/tok</P237><P212>1</P212><P26015>1</P26015>
  <P401>0</P401>
 </config>
</gs_provision>`
	sampleGRP = `<?xml version="1.0" encoding="UTF-8" ?>
<gs_provision version="1">
 <config version="2">
  <item name="account.1.enable">Yes</item><item name="account.1.name">201</item>
  <item name="account.1.sip.server.1.address">192.168.1.10</item><item name="account.1.sip.transport">TlsOrTcp</item>
  <item name="account.1.sip.userid">c074ad000001-1</item><item name="account.1.sip.subscriber.userid">c074ad000001-1</item>
  <item name="account.1.sip.subscriber.password">secret</item><item name="account.1.sip.subscriber.name">Accueil</item>
  <item name="account.1.sip.allowSipReset">Yes</item>
  <item name="provisioning.config"><part name="serverPath">192.168.1.10/p/tok/</part><part name="protocol">HTTPS</part></item>
 </config>
</gs_provision>`
	sampleHT = `<gs_provision version="1"><config version="1">
<P271>1</P271><P47>192.168.1.10</P47><P35>ht-1</P35><P36>ht-1</P36><P34>one</P34><P3>201</P3>
<P401>1</P401><P747>192.168.1.10</P747><P735>ht-2</P735><P736>ht-2</P736><P734>two</P734><P703>202</P703><P830>1</P830>
</config></gs_provision>`
	sampleFanvil = `<?xml version="1.0" encoding="UTF-8"?>
<sysConf><Version>2.0000000000</Version>
 <ap><FlashServerIP>192.168.1.10</FlashServerIP><FlashFileName>p/tok/$mac.cfg</FlashFileName><FlashProtocol>4</FlashProtocol></ap>
 <sip><SIPPort>5060</SIPPort>
  <line index="1"><PhoneNumber>0c383e000001-1</PhoneNumber><DisplayName>Accueil</DisplayName><SipName>201</SipName>
   <RegisterAddr>192.168.1.10</RegisterAddr><RegisterPort>5060</RegisterPort><RegisterUser>0c383e000001-1</RegisterUser>
   <RegisterPswd>secret</RegisterPswd><RegisterTTL>600</RegisterTTL><EnableReg>1</EnableReg><Transport>0</Transport></line>
  <line index="2"><EnableReg>0</EnableReg></line>
 </sip>
</sysConf>`
	sampleFanvilOld = `<?xml version="1.0" encoding="UTF-8" ?>
<VOIP_CONFIG_FILE><version>2.0002</version>
<SIP_CONFIG_MODULE><SIP__Port>5060</SIP__Port><SIP_Line_List><SIP_Line_List_Entry><ID>SIP1</ID>
<Phone_Number>f-1</Phone_Number><Register_Addr>192.168.1.10</Register_Addr><Register_Port>5060</Register_Port>
<Register_User>f-1</Register_User><Register_Pswd>secret</Register_Pswd><Enable_Reg>1</Enable_Reg></SIP_Line_List_Entry></SIP_Line_List></SIP_CONFIG_MODULE>
</VOIP_CONFIG_FILE>`
	sampleFanvilText = "<<VOIP CONFIG FILE>>Version:2.0002\r\n\r\n<SIP CONFIG MODULE>\r\nSIP  Port          :5060\r\n--SIP Line List--  :\r\n" +
		"SIP1 Phone Number       :f-1\r\nSIP1 Display Name       :Accueil: étage 2\r\nSIP1 Register Addr      :192.168.1.10\r\nSIP1 Register Port      :5060\r\n" +
		"SIP1 Register User      :f-1\r\nSIP1 Register Pswd      :secret\r\nSIP1 Enable Reg         :1\r\n<<END OF FILE>>\r\n"
	samplePolycom = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<PHONE_CONFIG xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="polycomConfig.xsd">
 <reg reg.1.address="64167f000001-1" reg.1.auth.userId="64167f000001-1" reg.1.auth.password="secret" reg.1.displayName="Accueil"
  reg.1.label="201" reg.1.server.1.address="192.168.1.10" reg.1.server.1.port="5060" reg.1.server.1.transport="UDPOnly" reg.1.server.1.expires="600"/>
</PHONE_CONFIG>`
	sampleSPA = `<?xml version="1.0"?>
<flat-profile>
 <Line_Enable_1_ ua="na">Yes</Line_Enable_1_><Proxy_1_>192.168.1.10:5060</Proxy_1_><User_ID_1_>spa-1</User_ID_1_><Password_1_>secret</Password_1_>
 <Auth_ID_1_>spa-1</Auth_ID_1_><Display_Name_1_>Accueil</Display_Name_1_><Short_Name_1_>201</Short_Name_1_><Register_Expires_1_>600</Register_Expires_1_>
 <Line_Enable_2_>No</Line_Enable_2_>
</flat-profile>`
	sampleN510 = `<?xml version="1.0" encoding="ISO-8859-1"?>
<ProviderFrame><Provider><MAC_ADDRESS value="7C2F80000001"/><PROFILE_NAME class="string" value="autocom"/>
 <SYMB_ITEM ID="BS_IP_Data1.aucS_SIP_USER_ID" class="symb_item" value='"n510-1"'/><SYMB_ITEM ID="BS_IP_Data1.aucS_SIP_PASSWORD" class="symb_item" value='"one"'/>
 <SYMB_ITEM ID="BS_IP_Data1.aucS_SIP_DISPLAYNAME" class="symb_item" value='"Entrep` + "\xf4" + `t"'/>
 <SYMB_ITEM ID="BS_IP_Data1.aucS_SIP_REGISTRAR" class="symb_item" value='"192.168.1.10"'/><SYMB_ITEM ID="BS_IP_Data1.uiI_SIP_REGISTRAR_PORT" class="symb_item" value="0x13c4"/>
 <SYMB_ITEM ID="BS_IP_Data1.ucB_SIP_ACCOUNT_IS_ACTIVE_1" class="symb_item" value="0x1"/><SYMB_ITEM ID="BS_AE_Subscriber.stMtDat[0].aucTlnName" class="symb_item" value='"201"'/>
 <SYMB_ITEM ID="BS_IP_Data1.aucS_SIP_USER_ID_2" class="symb_item" value='"n510-2"'/><SYMB_ITEM ID="BS_IP_Data1.aucS_SIP_PASSWORD_2" class="symb_item" value='"two"'/>
 <SYMB_ITEM ID="BS_IP_Data1.aucS_SIP_REGISTRAR_2" class="symb_item" value='"192.168.1.10"'/>
</Provider></ProviderFrame>`
	sampleN870 = `<?xml version="1.0" encoding="UTF-8"?>
<provisioning version="1.1" productID="e2"><firmware/><nvm>
 <oper value="00001" name="add_hs"><param name="hs.RegStatus" value="ToReg"/></oper>
 <param name="SipAccount.00001.UserName" value="n870-1"/><param name="SipAccount.00001.AuthName" value="n870-1"/><param name="SipAccount.00001.AuthPassword" value="secret"/>
 <param name="SipAccount.00001.DisplayName" value="201"/><param name="SipAccount.00001.ProviderId" value="1"/>
 <param name="SipProvider.1.RegServerAddress" value="192.168.1.10"/><param name="SipProvider.1.RegServerPort" value="5060"/><param name="SipProvider.1.TransportProtocol" value="1"/>
</nvm></provisioning>`
	sampleMitel = "# Mitel\nsip proxy ip: 192.168.1.10\nsip proxy port: 5060\nsip registrar ip: 192.168.1.10\nsip line1 user name: m-1\nsip line1 auth name: m-1 # the same\n" +
		"sip line1 password: \"se#cret\"\nsip line1 display name: Accueil\nsip line1 screen name 2: 201\n!language 1: lang_fr.txt\ndownload protocol: HTTP\nhttp server: 192.168.1.10\nhttp path: p/tok\n"
	samplePanasonic = panasonicMagic + "\n\nNTP_ADDR=\"192.168.1.10\"\nPHONE_NUMBER_1=\"201\"\nSIP_URI_1=\"sip:kx-1@192.168.1.10\"\nSIP_PRXY_ADDR_1=\"192.168.1.10\"\n" +
		"SIP_RGSTR_ADDR_1=\"192.168.1.10\"\nSIP_AUTHID_1=\"kx-1\"\nSIP_PASS_1=\"secret\"\nDISPLAY_NAME_1=\"Accueil\"\n"
	sampleHtek = `<?xml version="1.0" encoding="UTF-8" ?>
<hl_provision version="1"><config version="1"><!--Profile1-->
<P47 para="Profile1_Sipserver">192.168.1.10:5060</P47><P130 para="Profile1_SipTransport">0</P130><P32 para="Profile1_RegisterExpiration">10</P32>
<P271 para="Account1_Active">1</P271><P20000 para="Account1_Label">201</P20000><P35 para="Account1_SipUserId">ht-1</P35><P36 para="Account1_AuthenticateID">ht-1</P36>
<P34 para="Account1_AuthenticatePassword">secret</P34><P3 para="Account1_DisplayName">Accueil</P3></config></hl_provision>`
	sampleDigium = `<?xml version="1.0" ?>
<config><setting id="ntp_server" value="192.168.1.10"/><ringtones/><accounts><account index="0" status="1" register="1" account_id="d-1" username="d-1" authname="d-1" password="secret" line_label="201">
<host_primary server="192.168.1.10" port="5060" transport="udp" reregister="600"/></account></accounts></config>`
	sampleSnomBase = `<?xml version="1.0" encoding="utf-8"?>
<settings><phone-settings><srv_sip_server_alias idx="1">autocom</srv_sip_server_alias><user_host idx="1">192.168.1.10</user_host>
<user_active idx="1">on</user_active><user_name idx="1">m7-1</user_name><user_pass idx="1">one</user_pass><subscr_sip_line_name idx="1">201</subscr_sip_line_name><subscr_sip_ua_data_server_id idx="1">1</subscr_sip_ua_data_server_id>
<user_active idx="2">on</user_active><user_name idx="2">m7-2</user_name><user_pass idx="2">two</user_pass><subscr_sip_line_name idx="2">202</subscr_sip_line_name><subscr_sip_ua_data_server_id idx="2">1</subscr_sip_ua_data_server_id>
</phone-settings></settings>`
	sampleYealinkBase = yealinkMagic + "\ntemplate.1.name = autocom\ntemplate.1.sip_server.1.address = 192.168.1.10\ntemplate.1.sip_server.1.port = 5060\n" +
		"account.1.enable = 1\naccount.1.label = 201\naccount.1.user_name = w70-1\naccount.1.password = one\naccount.1.sip_server.template = 1\n" +
		"account.2.enable = 1\naccount.2.label = 202\naccount.2.user_name = w70-2\naccount.2.password = two\naccount.2.sip_server.template = 1\n"
)

// own is the account that most samples hold.
func own(user string, expiry time.Duration) *Account {
	return &Account{User: user, Auth: user, Password: "secret", Name: "Accueil", Label: "201", Server: "192.168.1.10", Port: 5060, Transport: "udp", Expiry: expiry}
}

// with changes an account.
func with(a *Account, change func(*Account)) *Account { change(a); return a }

// cases are what each kind is offered, asks for and understands. Its address is 127.0.41.2,
// the server's 127.0.41.1.
var cases = []struct {
	name, kind, mac string
	options         map[uint8]string
	url             string // told by PnP, when it was not by DHCP
	files           map[string]string
	asks            []string
	accounts        []*Account
	then            string // where it looks the next time; "" is not checked
}{
	{
		name: "Grandstream, option 66 is a URL", kind: "grandstream-gxp", mac: "00:0b:82:00:00:01", options: map[uint8]string{66: "http://127.0.41.1/p/tok"},
		files:    map[string]string{"p/tok/cfg000b82000001.xml": sampleGXP, "p/tok/cfg.xml": "never read"},
		asks:     []string{"GET p/tok/cfg000b82000001", "GET p/tok/cfg000b82000001.xml"},
		accounts: []*Account{with(own("000b82000001-1", 10*time.Minute), func(a *Account) { a.Password = "s3cr&t" })}, then: "http://127.0.41.1/p/tok",
	},
	{
		name: "Grandstream, option 66 is an address: TFTP", kind: "grandstream-gxp", mac: "00:0b:82:00:00:01", options: map[uint8]string{66: "127.0.41.1\x00"},
		files:    map[string]string{"cfggxp2170.xml": `<gs_provision version="1"><config version="1"><P237>127.0.41.1</P237></config></gs_provision>`},
		asks:     []string{"RRQ cfg000b82000001", "RRQ cfg000b82000001.xml", "RRQ cfggxp2170.xml"},
		accounts: nil, then: "https://127.0.41.1",
	},
	{
		name: "Grandstream, 43 comes before 66", kind: "grandstream-grp", mac: "c0:74:ad:00:00:01",
		options:  map[uint8]string{66: "http://127.0.41.9/", 43: "\x42\x17http://127.0.41.1/p/tok"},
		files:    map[string]string{"p/tok/cfgc074ad000001.xml": sampleGRP},
		asks:     []string{"GET p/tok/cfgc074ad000001", "GET p/tok/cfgc074ad000001.xml"},
		accounts: []*Account{with(own("c074ad000001-1", time.Hour), func(a *Account) { a.Transport, a.Port = "tls", 5061 })}, then: "https://192.168.1.10/p/tok/",
	},
	{
		name: "Grandstream adapter, two ports", kind: "grandstream-ht802", mac: "00:0b:82:00:00:02", options: map[uint8]string{160: "http://127.0.41.1/"},
		files: map[string]string{"cfg.xml": sampleHT},
		asks:  []string{"GET cfg000b82000002", "GET cfg000b82000002.xml", "GET cfght802.xml", "GET cfg.xml"},
		accounts: []*Account{
			{User: "ht-1", Auth: "ht-1", Password: "one", Name: "201", Server: "192.168.1.10", Port: 5060, Transport: "udp", Expiry: time.Hour},
			{User: "ht-2", Auth: "ht-2", Password: "two", Name: "202", Server: "192.168.1.10", Port: 5060, Transport: "tcp", Expiry: time.Hour},
		},
	},
	{
		name: "Fanvil, a URL with its file", kind: "fanvil", mac: "0c:38:3e:00:00:01", options: map[uint8]string{66: "http://127.0.41.1/p/tok/$mac.cfg"},
		files:    map[string]string{"p/tok/0c383e000001.cfg": sampleFanvil},
		asks:     []string{"GET p/tok/f0X4Uhw1.100.cfg", "GET p/tok/0c383e000001.cfg"},
		accounts: []*Account{own("0c383e000001-1", 10*time.Minute)}, then: "http://192.168.1.10/p/tok/$mac.cfg",
	},
	{
		name: "Fanvil, text by option 43", kind: "fanvil-x3", mac: "0c:38:3e:00:00:01", options: map[uint8]string{43: "http://127.0.41.1/$mac.cfg"},
		files:    map[string]string{"0c383e000001.cfg": sampleFanvilText},
		asks:     []string{"GET f0X3shw1.100.cfg", "GET 0c383e000001.cfg"},
		accounts: []*Account{with(own("f-1", time.Hour), func(a *Account) { a.Name, a.Label = "Accueil: étage 2", "" })},
	},
	{
		name: "Fanvil, the middle form", kind: "fanvil-x3", mac: "0c:38:3e:00:00:01", url: "http://127.0.41.1/",
		files:    map[string]string{"0c383e000001.cfg": sampleFanvilOld},
		asks:     []string{"GET f0X3shw1.100.cfg", "GET 0c383e000001.cfg"},
		accounts: []*Account{with(own("f-1", time.Hour), func(a *Account) { a.Name, a.Label = "", "" })},
	},
	{
		name: "Polycom, own master, 160 before 66", kind: "polycom", mac: "64:16:7f:00:00:01", options: map[uint8]string{160: "http://127.0.41.1/p/tok", 66: "127.0.41.9"},
		files: map[string]string{
			"p/tok/64167f000001.cfg":       `<APPLICATION APP_FILE_PATH="sip.ld" CONFIG_FILES="[PHONE_MAC_ADDRESS]-user.cfg, common.cfg"/>`,
			"p/tok/64167f000001-user.cfg":  samplePolycom,
			"p/tok/common.cfg":             `<c reg.1.label="common" device.prov.serverName="http://127.0.41.1/p/tok2/"/>`,
			"p/tok/64167f000001-phone.cfg": `<PHONE_CONFIG/>`,
		},
		asks: []string{"GET p/tok/64167f000001.cfg", "GET p/tok/64167f000001-user.cfg", "GET p/tok/common.cfg", "GET p/tok/64167f000001-phone.cfg",
			"GET p/tok/64167f000001-web.cfg", "PUT p/tok/64167f000001-boot.log", "PUT p/tok/64167f000001-app.log"},
		accounts: []*Account{own("64167f000001-1", 10*time.Minute)}, then: "http://127.0.41.1/p/tok2/",
	},
	{
		name: "Polycom, common master", kind: "polycom", mac: "64:16:7f:00:00:01", options: map[uint8]string{66: "http://127.0.41.1"},
		files:    map[string]string{"000000000000.cfg": `<APPLICATION CONFIG_FILES="phone.cfg"></APPLICATION>`, "phone.cfg": `<x/>`},
		asks:     []string{"GET 64167f000001.cfg", "GET 000000000000.cfg", "GET phone.cfg", "GET 64167f000001-phone.cfg", "GET 64167f000001-web.cfg", "PUT 64167f000001-boot.log", "PUT 64167f000001-app.log"},
		accounts: nil,
	},
	{
		name: "Cisco SPA, TFTP with a slash, then Profile_Rule", kind: "cisco-spa", mac: "00:26:99:00:00:01", options: map[uint8]string{66: "127.0.41.1"},
		files: map[string]string{
			"/spa504G.cfg":                `<flat-profile><Profile_Rule>[--uid x] http://127.0.41.1/p/tok/$PSN-$MA.xml</Profile_Rule></flat-profile>`,
			"p/tok/504G-002699000001.xml": sampleSPA,
		},
		asks:     []string{"RRQ /spa504G.cfg", "GET p/tok/504G-002699000001.xml"},
		accounts: []*Account{own("spa-1", 10*time.Minute)}, then: "http://127.0.41.1/p/tok/$PSN-$MA.xml",
	},
	{
		name: "Cisco MPP, option 150", kind: "cisco-mpp", mac: "00:56:2b:00:00:01", options: map[uint8]string{150: "\x7f\x00\x29\x01"},
		files:    map[string]string{"/CP-8841-3PCC.xml": "<device>" + sampleSPA[len(`<?xml version="1.0"?>`)+1:] + "</device>"},
		asks:     []string{"RRQ /CP-8841-3PCC.xml"},
		accounts: []*Account{own("spa-1", 10*time.Minute)},
	},
	{
		name: "Cisco MPP, a URL with its file", kind: "cisco-mpp", mac: "00:56:2b:00:00:01", options: map[uint8]string{66: "http://127.0.41.1/Cisco/$PSN/$MA.cfg"},
		files:    map[string]string{"Cisco/CP-8841-3PCC/00562b000001.cfg": sampleSPA},
		asks:     []string{"GET Cisco/CP-8841-3PCC/00562b000001.cfg"},
		accounts: []*Account{own("spa-1", 10*time.Minute)},
	},
	{
		name: "Gigaset N510, two lines", kind: "gigaset-n510", mac: "7c:2f:80:00:00:01", url: "http://127.0.41.1/p/tok/",
		files: map[string]string{"p/tok/42/2/7C2F80000001.xml": sampleN510},
		asks:  []string{"GET p/tok/42/2/7C2F80000001.xml"},
		accounts: []*Account{
			{User: "n510-1", Auth: "n510-1", Password: "one", Name: "Entrepôt", Label: "201", Server: "192.168.1.10", Port: 5060, Transport: "udp", Expiry: time.Hour},
			{User: "n510-2", Auth: "n510-2", Password: "two", Server: "192.168.1.10", Port: 5060, Transport: "udp", Expiry: time.Hour},
		},
	},
	{
		name: "Gigaset N870", kind: "gigaset-n870", mac: "7c:2f:80:00:00:01", url: "http://127.0.41.1/p/tok",
		files: map[string]string{"p/tok/7c2f80000001.xml": sampleN870}, asks: []string{"GET p/tok/7c2f80000001.xml"},
		accounts: []*Account{with(own("n870-1", time.Hour), func(a *Account) { a.Name = "201" })},
	},
	{
		name: "Mitel, 43 names the server", kind: "mitel", mac: "00:08:5d:00:00:01", options: map[uint8]string{43: "\x02\x17http://127.0.41.1/p/tok"},
		files:    map[string]string{"p/tok/aastra.cfg": "language 1: lang_de.txt\n", "p/tok/00085D000001.cfg": sampleMitel},
		asks:     []string{"GET p/tok/startup.cfg", "GET p/tok/aastra.cfg", "GET p/tok/6867i.cfg", "GET p/tok/00085D000001.cfg"},
		accounts: []*Account{with(own("m-1", time.Hour), func(a *Account) { a.Password = "se#cret" })}, then: "http://192.168.1.10/p/tok",
	},
	{
		name: "Panasonic, the model's file names the phone's own", kind: "panasonic", mac: "00:80:f0:00:00:01", url: "http://127.0.41.1/",
		files: map[string]string{
			"KX-HDV130.cfg":                panasonicMagic + "\nCFG_STANDARD_FILE_PATH=\"http://127.0.41.1/p/tok/Config{MAC}.cfg\"\n",
			"p/tok/Config0080F0000001.cfg": samplePanasonic,
		},
		asks:     []string{"GET KX-HDV130.cfg", "GET p/tok/Config0080F0000001.cfg"},
		accounts: []*Account{own("kx-1", time.Hour)}, then: "http://127.0.41.1/p/tok/Config{MAC}.cfg",
	},
	{
		name: "Htek", kind: "htek", mac: "00:1f:c1:00:00:01", url: "http://127.0.41.1/p/tok",
		files: map[string]string{"p/tok/cfg001fc1000001.xml": sampleHtek}, asks: []string{"GET p/tok/cfg001fc1000001.xml"},
		accounts: []*Account{own("ht-1", 10*time.Minute)},
	},
	{
		name: "Digium", kind: "digium", mac: "00:0f:d3:00:00:01", options: map[uint8]string{66: "http://127.0.41.1/p/tok"},
		files: map[string]string{"p/tok/000fd3000001.cfg": sampleDigium}, asks: []string{"GET p/tok/000fd3000001.cfg"},
		accounts: []*Account{with(own("d-1", 10*time.Minute), func(a *Account) { a.Name = "201" })},
	},
	{
		name: "Snom base, 66 and 67", kind: "snom-m700", mac: "00:04:13:00:00:01", options: map[uint8]string{66: "http://127.0.41.1", 67: "/p/tok/"},
		files: map[string]string{"p/tok/snomM700-000413000001.htm": sampleSnomBase},
		asks:  []string{"GET p/tok/snomM700.htm", "GET p/tok/snomM700-000413000001.htm"},
		accounts: []*Account{
			{User: "m7-1", Auth: "m7-1", Password: "one", Label: "201", Server: "192.168.1.10", Port: 5060, Transport: "udp", Expiry: time.Hour},
			{User: "m7-2", Auth: "m7-2", Password: "two", Label: "202", Server: "192.168.1.10", Port: 5060, Transport: "udp", Expiry: time.Hour},
		},
	},
	{
		name: "Yealink base, a boot file", kind: "yealink-w70b", mac: "80:5e:c0:00:00:01", url: "http://127.0.41.1/p/tok",
		files: map[string]string{"p/tok/805ec0000001.boot": yealinkMagic + "\ninclude:config \"805ec0000001.cfg\"\n", "p/tok/805ec0000001.cfg": sampleYealinkBase},
		asks:  []string{"GET p/tok/805ec0000001.boot", "GET p/tok/805ec0000001.cfg"},
		accounts: []*Account{
			{User: "w70-1", Auth: "w70-1", Password: "one", Label: "201", Server: "192.168.1.10", Port: 5060, Transport: "udp", Expiry: time.Hour},
			{User: "w70-2", Auth: "w70-2", Password: "two", Label: "202", Server: "192.168.1.10", Port: 5060, Transport: "udp", Expiry: time.Hour},
		},
	},
}

func TestEachMakersPhoneReadsItsSettings(t *testing.T) {
	s := serve(t, "127.0.41.1", nil)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s.mu.Lock()
			s.files = c.files
			s.mu.Unlock()
			p := placed(t, c.kind, c.mac, "127.0.41.2", c.options)
			var err error
			if c.url != "" {
				err = p.provision(t.Context(), c.url)
			} else {
				err = p.Provision(t.Context())
			}
			if (err == nil) != (c.accounts != nil) {
				t.Errorf("error %v with accounts %v", err, c.accounts)
			}
			if d := cmp.Diff(c.asks, s.questions()); d != "" {
				t.Errorf("what it asked for (-want +got):\n%s", d)
			}
			var got []*Account
			if p.Memory.Account != nil {
				got = append([]*Account{p.Memory.Account}, p.Memory.More...)
			}
			if d := cmp.Diff(c.accounts, got); d != "" {
				t.Errorf("accounts (-want +got):\n%s", d)
			}
			if c.then != "" && p.Memory.URL != c.then {
				t.Errorf("it will look at %q, want %q", p.Memory.URL, c.then)
			}
		})
	}
}

// Every kind has a parser that the next table tries.
var parsers = map[string]func([]byte) (map[string]string, error){
	"grandstream-gxp": grandstreamXML("1")([]byte{0, 0x0b, 0x82, 0, 0, 1}),
	"grandstream-grp": grandstreamXML("1", "2")([]byte{0, 0x0b, 0x82, 0, 0, 1}),
	"fanvil":          parseFanvil,
	"polycom":         parsePolycom,
	"cisco":           parseCisco,
	"gigaset-n510": func(b []byte) (map[string]string, error) {
		return parseGigasetFrame(b, []byte{0x7c, 0x2f, 0x80, 0, 0, 1})
	},
	"gigaset-n870": parseGigasetNVM,
	"mitel":        parseMitel,
	"panasonic":    parsePanasonic,
	"htek":         parseHtek,
	"digium":       parseDigium,
}

func TestEachMakersPhoneRefuses(t *testing.T) {
	for _, c := range []struct{ parser, what, body string }{
		{"grandstream-gxp", "another device's file", `<gs_provision version="1"><mac>000b82999999</mac><config version="1"/></gs_provision>`},
		{"grandstream-gxp", "names, which it does not know", `<gs_provision version="1"><config version="2"><item name="a.b">1</item></config></gs_provision>`},
		{"grandstream-gxp", "a P-value twice", `<gs_provision version="1"><config version="1"><P47>1</P47><P47>2</P47></config></gs_provision>`},
		{"grandstream-gxp", "an element that is no P-value", `<gs_provision version="1"><config version="1"><Q47>1</Q47></config></gs_provision>`},
		{"grandstream-gxp", "text between the values", `<gs_provision version="1"><config version="1">P47=1</config></gs_provision>`},
		{"grandstream-gxp", "no config", `<gs_provision version="1"/>`},
		{"grandstream-grp", "an item without name", `<gs_provision version="1"><config version="2"><item>1</item></config></gs_provision>`},
		{"grandstream-grp", "P-values in a config of names", `<gs_provision version="1"><config version="2"><P47>1</P47></config></gs_provision>`},
		{"fanvil", "a file without version", `<sysConf><sip/></sysConf>`},
		{"fanvil", "an old file without version", `<VOIP_CONFIG_FILE><SIP_CONFIG_MODULE/></VOIP_CONFIG_FILE>`},
		{"fanvil", "text cut off", "<<VOIP CONFIG FILE>>Version:2.0002\n<SIP CONFIG MODULE>\nSIP1 Enable Reg :1\n"},
		{"fanvil", "text outside a section", "<<VOIP CONFIG FILE>>Version:2.0002\nSIP1 Enable Reg :1\n<<END OF FILE>>\n"},
		{"fanvil", "a key twice", "<<VOIP CONFIG FILE>>Version:2.0002\n<A>\nb :1\nb :2\n<<END OF FILE>>\n"},
		{"polycom", "text where attributes must stand", `<c>reg.1.address=1</c>`},
		{"polycom", "a parameter in two elements", `<c><a reg.1.address="1"/><b reg.1.address="2"/></c>`},
		{"cisco", "another root", `<profile/>`},
		{"cisco", "a setting inside a setting", `<flat-profile><a><b>1</b></a></flat-profile>`},
		{"gigaset-n510", "another device's file", `<ProviderFrame><Provider><MAC_ADDRESS value="7C2F80FFFFFF"/></Provider></ProviderFrame>`},
		{"gigaset-n510", "no MAC", `<ProviderFrame><Provider/></ProviderFrame>`},
		{"gigaset-n510", "a text without quotes", `<ProviderFrame><Provider><MAC_ADDRESS value="7C2F80000001"/><SYMB_ITEM ID="a" class="symb_item" value="hello"/></Provider></ProviderFrame>`},
		{"gigaset-n870", "no product", `<provisioning version="1.1"><nvm/></provisioning>`},
		{"gigaset-n870", "an unknown element", `<provisioning version="1.1" productID="e2"><nvm><value name="a"/></nvm></provisioning>`},
		{"mitel", "a line of junk", "hello world\n"},
		{"mitel", "an open quote", "sip password: \"abc\n"},
		{"mitel", "a key twice", "a: 1\na: 2\n"},
		{"panasonic", "no magic line", "NTP_ADDR=\"1\"\n"},
		{"panasonic", "no empty line at the end", panasonicMagic + "\nNTP_ADDR=\"1\""},
		{"panasonic", "a value without quotes", panasonicMagic + "\nNTP_ADDR=1\n"},
		{"panasonic", "a quote in a value", panasonicMagic + "\nNTP_ADDR=\"a\"b\"\n"},
		{"panasonic", "a control character", panasonicMagic + "\nNTP_ADDR=\"a\x1bb\"\n"},
		{"htek", "a value without its name", `<hl_provision version="1"><config version="1"><P47>1</P47></config></hl_provision>`},
		{"htek", "Grandstream's root", `<gs_provision version="1"><config version="1"/></gs_provision>`},
		{"digium", "an account without index", `<config><accounts><account username="a"/></accounts></config>`},
		{"digium", "an unknown part", `<config><hello/></config>`},
	} {
		if got, err := parsers[c.parser]([]byte(c.body)); err == nil {
			t.Errorf("%s takes %s: %v", c.parser, c.what, got)
		}
	}
	for name, parse := range parsers {
		for what, body := range map[string]string{"nothing": "", "an HTML page": "<html><body><h1>404</h1></body></html>", "a template left over": "{{if .Secrets}}\n",
			"an endless file": string(make([]byte, maxSettings+1)), "two documents": "<a/><b/>"} {
			if got, err := parse([]byte(body)); err == nil && !(name == "polycom" || name == "mitel" && body == "") {
				t.Errorf("%s takes %s: %v", name, what, got)
			}
		}
	}
}

// A phone never panics, and an account that it understands is whole.
func FuzzSettings(f *testing.F) {
	for _, s := range []string{sampleGXP, sampleGRP, sampleHT, sampleFanvil, sampleFanvilOld, sampleFanvilText, samplePolycom, sampleSPA, sampleN510, sampleN870,
		sampleMitel, samplePanasonic, sampleHtek, sampleDigium, sampleSnomBase, sampleYealinkBase, goodYealink, goodSnom, goodLinphone} {
		f.Add([]byte(s))
	}
	meanings := []func(map[string]string) ([]*Account, error){gxpAccounts, grpAccounts, htAccounts, fanvilAccounts, polycomAccounts, ciscoAccounts,
		n510Accounts, n870Accounts, mitelAccounts, panasonicAccounts, htekAccounts, digiumAccounts, snomAccounts, yealinkAccounts, linphoneAccounts}
	f.Fuzz(func(t *testing.T, body []byte) {
		var all []map[string]string
		for _, parse := range parsers {
			if s, err := parse(body); err == nil {
				all = append(all, s)
			}
		}
		if s, err := parseYealink(body); err == nil {
			all = append(all, s.settings)
		}
		if s, err := parseSnom(body); err == nil {
			all = append(all, s.settings)
		}
		if s, err := parseLinphone(body); err == nil {
			all = append(all, s)
		}
		if files, err := parsePolycomMaster(body); err == nil && len(files) > 16 {
			t.Errorf("%d files", len(files))
		}
		for _, s := range all {
			for _, mean := range meanings {
				accounts, err := mean(s)
				for _, a := range accounts {
					if err == nil && a != nil && a.Check() != nil {
						t.Errorf("half an account: %v", a.Check())
					}
				}
			}
			grandstreamURL(s)
			fanvilURL(s)
			mitelURL(s)
			ciscoURL(s)
		}
	})
}

// A block, a repetition, an error and an option may come in any order and length.
func FuzzTransfer(f *testing.F) {
	f.Add([]byte("\x00\x03\x00\x01hello"), []byte("\x00\x06blksize\x001428\x00"))
	f.Add([]byte("\x00\x05\x00\x01no"), []byte(""))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		tr := transfer{size: 512}
		for _, p := range [][]byte{a, b, a} {
			if _, err := tr.take(p, 1428); err != nil {
				return
			}
		}
		if len(tr.body) > maxSettings {
			t.Errorf("%d bytes", len(tr.body))
		}
	})
}

func TestKindsAreAllMade(t *testing.T) {
	for i, kind := range append(Kinds(), Others()...) {
		p, err := New(kind, []byte{0, 0, 0x5e, 0, 0x53, byte(i)})
		if err != nil {
			t.Error(err)
			continue
		}
		if p.Kind() != kind {
			t.Errorf("%s calls itself %s", kind, p.Kind())
		}
		if p.maker.agent(p.MAC) == "" || len(p.maker.dhcp().wants) == 0 {
			t.Errorf("%s has no User-Agent or asks for nothing", kind)
		}
	}
	if _, err := New("fax", nil); err == nil {
		t.Error("a fax was made")
	}
	if n := len(Kinds()); n < 15 {
		t.Errorf("%d kinds", n)
	}
}
