/** The demo's config: two netfilter groups, each with a file of its own. */
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
`;

/** The firewall's rules: what comes in is logged to one of the groups, with a prefix that says why. */
export const firewall = `table inet demo {
  chain input {
    type filter hook input priority 0; policy drop;
    iif lo accept
    ct state established,related accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } accept
    icmp type echo-request log group 1 queue-threshold 1 prefix "ping:" accept
    icmpv6 type echo-request log group 1 queue-threshold 1 prefix "ping6:" accept
    tcp dport 8080 log group 1 queue-threshold 1 prefix "web:" accept
    udp dport 53 log group 2 queue-threshold 1 prefix "no-dns:" drop
    meta l4proto { tcp, udp } log group 2 queue-threshold 1 prefix "dropped:" drop
  }
}
`;
