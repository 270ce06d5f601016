/** The demo's config: two netfilter groups, each with a file of its own, and a door that opens. */
export const config = (folder: string): string => `# specter.conf of the demo

global {
    # specter's own messages: to the terminal, from "notice" on
    logfile stderr
    loglevel 5
}

# group 1: packets that the firewall let in
1 {
    plugin BASE                 # decodes the packets
    plugin LOGEMU               # writes a line for each, as the kernel's LOG target does
    logemufile ${folder}/accepted.log
    logemusync                  # each line at once
}

# group 2: packets that the firewall dropped
2 {
    plugin BASE
    plugin LOGEMU
    logemufile ${folder}/dropped.log
    logemusync
}

# group 3: packets to the ports to knock at
3 {
    plugin BASE
    plugin KNOCK                # passes on the packet that completes the sequence
    knocksequence "7000/tcp 8000/udp 9000/tcp"
    knockname "port 2222"
    plugin NFTSET               # puts its sender into a set of the firewall
    nftset "inet demo friends"
    nfttimeout 30s
}
`;

/** The firewall's rules: what comes in is logged to one of the groups, with a prefix that says why. */
export const firewall = `table inet demo {
  set friends {
    type ipv4_addr
    flags timeout
  }
  chain input {
    type filter hook input priority 0; policy drop;
    iif lo accept
    ct state established,related accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } accept
    icmp type echo-request log group 1 queue-threshold 1 prefix "ping:" accept
    icmpv6 type echo-request log group 1 queue-threshold 1 prefix "ping6:" accept
    tcp dport 8080 log group 1 queue-threshold 1 prefix "web:" accept
    tcp dport 2222 ip saddr @friends log group 1 queue-threshold 1 prefix "friend:" accept
    tcp dport { 7000, 9000 } log group 3 queue-threshold 1 drop
    udp dport 8000 log group 3 queue-threshold 1 drop
    udp dport 53 log group 2 queue-threshold 1 prefix "no-dns:" drop
    meta l4proto { tcp, udp } log group 2 queue-threshold 1 prefix "dropped:" drop
  }
}
`;
