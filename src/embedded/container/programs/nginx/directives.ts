/** Which directives there are: where each may stand and how many arguments it takes. From the modules' ngx_command_t tables. */

interface Rule {
  contexts: ReadonlySet<string>;
  min: number;
  max: number;
  flag: boolean;
  /** What its block is the context of. */
  block: string | undefined;
}

/**
 * `name arguments` pairs of the contexts named before them. Arguments: `1`, `1-2`, `1+`, `flag`; `{x}` opens a block of
 * context x.
 */
const tables: readonly (readonly [contexts: string, directives: string])[] = [
  [
    'main',
    `daemon flag  env 1  error_log 1+  events 0{events}  http 0{http}  load_module 1  master_process flag  pcre_jit flag
     pid 1  ssl_engine 1  stream 0{stream}  thread_pool 2-3  timer_resolution 1  user 1-2  worker_cpu_affinity 1+
     worker_priority 1  worker_processes 1  worker_rlimit_core 1  worker_rlimit_nofile 1  worker_shutdown_timeout 1
     working_directory 1  debug_points 1  lock_file 1`,
  ],
  [
    'events',
    'accept_mutex flag  accept_mutex_delay 1  debug_connection 1  multi_accept flag  use 1  worker_aio_requests 1  worker_connections 1',
  ],
  [
    'http',
    `map 2{map}  upstream 1{upstream}  server 0{server}  log_format 2+  limit_req_zone 3-4  limit_conn_zone 2
     proxy_cache_path 2+  server_names_hash_bucket_size 1  server_names_hash_max_size 1  map_hash_bucket_size 1
     map_hash_max_size 1  variables_hash_max_size 1  variables_hash_bucket_size 1`,
  ],
  [
    'http server',
    `client_header_buffer_size 1  client_header_timeout 1  connection_pool_size 1  ignore_invalid_headers flag
     large_client_header_buffers 2  merge_slashes flag  request_pool_size 1  ssl_buffer_size 1  ssl_certificate 1
     ssl_certificate_key 1  ssl_ciphers 1  ssl_client_certificate 1  ssl_dhparam 1  ssl_ecdh_curve 1
     ssl_password_file 1  ssl_prefer_server_ciphers flag  ssl_protocols 1+  ssl_session_cache 1-2
     ssl_session_tickets flag  ssl_session_timeout 1  ssl_stapling flag  ssl_trusted_certificate 1  ssl_verify_client 1
     ssl_verify_depth 1  underscores_in_headers flag  http2 flag`,
  ],
  ['server', 'listen 1+  server_name 1+'],
  ['server location', 'location 1-2{location}  try_files 2+'],
  ['server location if', 'if 1+{if}  return 1-2  rewrite 2-3  set 2  break 0'],
  ['http server location', 'aio 1  alias_traversal flag  keepalive_requests 1'],
  [
    'http server location if',
    `absolute_redirect flag  add_header 2-3  add_trailer 2-3  add_before_body 1  addition_types 1+  auth_basic 1
     auth_basic_user_file 1  autoindex flag  autoindex_exact_size flag  autoindex_format 1  autoindex_localtime flag
     charset 1  charset_types 1+  chunked_transfer_encoding flag  client_body_buffer_size 1  client_body_in_file_only 1
     client_body_temp_path 1-4  client_body_timeout 1  client_max_body_size 1  default_type 1  directio 1
     disable_symlinks 1-2  error_log 1+  error_page 2+  etag flag  expires 1-2  access_log 1+
     gzip flag  gzip_buffers 2  gzip_comp_level 1  gzip_disable 1+  gzip_http_version 1  gzip_min_length 1
     gzip_proxied 1+  gzip_static 1  gzip_types 1+  gzip_vary flag  if_modified_since 1  index 1+  keepalive_disable 1+
     keepalive_timeout 1-2  limit_conn 2  limit_conn_status 1  limit_rate 1  limit_rate_after 1  limit_req 1-3
     limit_req_status 1  limit_req_log_level 1  lingering_close 1  lingering_time 1  lingering_timeout 1
     log_not_found flag  log_subrequest flag  max_ranges 1  msie_padding flag  msie_refresh flag  open_file_cache 1-2
     open_file_cache_errors flag  open_file_cache_min_uses 1  open_file_cache_valid 1  output_buffers 2
     port_in_redirect flag  postpone_output 1  proxy_bind 1-2  proxy_buffer_size 1  proxy_buffering flag
     proxy_buffers 2  proxy_busy_buffers_size 1  proxy_cache 1  proxy_cache_bypass 1+  proxy_cache_key 1
     proxy_cache_lock flag  proxy_cache_methods 1+  proxy_cache_min_uses 1  proxy_cache_use_stale 1+
     proxy_cache_valid 1+  proxy_connect_timeout 1  proxy_cookie_domain 1-2  proxy_cookie_path 1-2
     proxy_hide_header 1  proxy_http_version 1  proxy_ignore_client_abort flag  proxy_ignore_headers 1+
     proxy_intercept_errors flag  proxy_max_temp_file_size 1  proxy_method 1  proxy_next_upstream 1+
     proxy_next_upstream_timeout 1  proxy_next_upstream_tries 1  proxy_no_cache 1+  proxy_pass_header 1
     proxy_pass_request_body flag  proxy_pass_request_headers flag  proxy_read_timeout 1  proxy_redirect 1-2
     proxy_request_buffering flag  proxy_send_timeout 1  proxy_set_body 1  proxy_set_header 2
     proxy_socket_keepalive flag  proxy_ssl_certificate 1  proxy_ssl_certificate_key 1  proxy_ssl_name 1
     proxy_ssl_protocols 1+  proxy_ssl_server_name flag  proxy_ssl_session_reuse flag
     proxy_ssl_trusted_certificate 1  proxy_ssl_verify flag  proxy_ssl_verify_depth 1  proxy_temp_path 1-4
     fastcgi_temp_path 1-4  uwsgi_temp_path 1-4  scgi_temp_path 1-4
     read_ahead 1  recursive_error_pages flag  reset_timedout_connection flag  resolver 1+  resolver_timeout 1
     root 1  satisfy 1  send_timeout 1  sendfile flag  sendfile_max_chunk 1  server_name_in_redirect flag
     server_tokens 1  set_real_ip_from 1  real_ip_header 1  real_ip_recursive flag  source_charset 1
     tcp_nodelay flag  tcp_nopush flag  types 0{types}  types_hash_bucket_size 1  types_hash_max_size 1`,
  ],
  ['http server location limit_except', 'allow 1  deny 1'],
  ['location', 'alias 1  internal 0  limit_except 1+{limit_except}'],
  ['location if limit_except', 'proxy_pass 1'],
  ['server location', 'stub_status 0-1'],
  [
    'upstream',
    `server 1+  ip_hash 0  least_conn 0  random 0-2  hash 1-2  keepalive 1  keepalive_requests 1  keepalive_timeout 1
     keepalive_time 1  zone 1-2`,
  ],
  ['stream', 'server 0{stream_server}  upstream 1{upstream}  log_format 2+'],
  ['stream_server', 'listen 1+  proxy_pass 1'],
  [
    'stream stream_server',
    'access_log 1+  error_log 1+  proxy_connect_timeout 1  proxy_timeout 1  tcp_nodelay flag  resolver 1+',
  ],
];

const rules = new Map<string, Rule[]>();
for (const [contexts, directives] of tables) {
  for (const [, name = '', count = '', block] of directives.matchAll(/(\S+) +(flag|\d+(?:-\d+|\+)?)(?:\{(\w+)\})?/g)) {
    const [, min = '1', to] = /^(\d+)(?:-(\d+)|\+)?$/.exec(count) ?? [];
    const max = count.endsWith('+') ? Number.POSITIVE_INFINITY : Number(to ?? min);
    const rule = { contexts: new Set(contexts.split(' ')), min: Number(min), max, flag: count === 'flag', block };
    rules.set(name, [...(rules.get(name) ?? []), rule]);
  }
}

/** What may stand more than once in a block. */
const repeatable = new Set(
  `access_log add_header add_trailer allow auth_request deny env error_log error_page gzip_disable if index limit_conn
   limit_conn_zone limit_req limit_req_zone listen load_module location log_format map proxy_cache_path
   proxy_cache_valid proxy_cookie_path proxy_hide_header proxy_pass_header proxy_redirect proxy_set_header return
   rewrite server server_name set set_real_ip_from types upstream limit_except break proxy_cookie_domain`.split(/\s+/),
);

export const mayRepeat = (name: string): boolean => repeatable.has(name);

/**
 * Checks a directive as ngx_conf_handler does. Resolves with the context of its block, undefined if it has none. Throws
 * what `fail` makes of nginx' words.
 */
export function checkDirective(
  name: string,
  args: readonly string[],
  context: string,
  opens: boolean,
  fail: (text: string) => Error,
): string | undefined {
  // In these blocks any word may begin a line.
  if (context === 'map' || context === 'types') {
    if (opens) throw fail('unexpected "{"');
    return undefined;
  }
  const known = rules.get(name);
  if (!known) throw fail(`unknown directive "${name}"`);
  const rule = known.find((r) => r.contexts.has(context));
  if (!rule) throw fail(`"${name}" directive is not allowed here`);
  if (rule.block === undefined && opens) throw fail(`directive "${name}" is not terminated by ";"`);
  if (rule.block !== undefined && !opens) throw fail(`directive "${name}" has no opening "{"`);
  if (args.length < rule.min || args.length > rule.max) {
    throw fail(`invalid number of arguments in "${name}" directive`);
  }
  const [value = ''] = args;
  if (rule.flag && !/^(on|off)$/i.test(value)) {
    throw fail(`invalid value "${value}" in "${name}" directive, it must be "on" or "off"`);
  }
  return rule.block;
}
