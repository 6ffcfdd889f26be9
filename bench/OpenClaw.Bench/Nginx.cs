namespace OpenClaw.Bench;

/// <summary>nginx in two parts: the upstream that answers a fixed completion, and the reverse proxy we are measured against.</summary>
internal static class Nginx
{
    public static ChildProcess StartUpstream(string folder, int port) => Start(folder, "nginx-upstream", $$"""
        server {
          listen 127.0.0.1:{{port}};
          location / { default_type application/json; return 200 '{{Workload.Completion}}'; }
        }
        """);

    /// <summary>One worker, connections to the upstreams kept alive, streams not collected.</summary>
    public static ChildProcess StartProxy(string folder, int port, int whole, int streams) => Start(folder, "nginx-proxy", $$"""
        upstream whole { server 127.0.0.1:{{whole}}; keepalive 128; keepalive_requests 100000000; }
        upstream streams { server 127.0.0.1:{{streams}}; keepalive 128; keepalive_requests 100000000; }
        server {
          listen 127.0.0.1:{{port}};
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          location /v1/ { proxy_pass http://whole; }
          location / { proxy_pass http://streams; proxy_buffering off; }
        }
        """);

    // One process: a worker that outlives a killed master would be left behind.
    private static ChildProcess Start(string folder, string name, string servers)
    {
        var home = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
        var file = Path.Combine(home, "nginx.conf");
        File.WriteAllText(file, $$"""
            daemon off;
            master_process off;
            pid {{home}}/nginx.pid;
            error_log stderr warn;
            events { worker_connections 4096; }
            http {
              access_log off;
              keepalive_requests 100000000;
              keepalive_timeout 600s;
              client_body_temp_path {{home}}/body; proxy_temp_path {{home}}/proxy;
              fastcgi_temp_path {{home}}/f; uwsgi_temp_path {{home}}/u; scgi_temp_path {{home}}/s;
            {{servers}}
            }
            """);
        var program = File.Exists("/usr/sbin/nginx") ? "/usr/sbin/nginx" : "nginx";
        return ChildProcess.Start(folder, name, program, ["-p", home, "-c", file, "-e", "stderr"]);
    }
}
