"""A broker that needs no server: fakeredis speaks Redis' protocol from this process. Its queues end with it."""

from fakeredis import TcpFakeServer

from demo import lifeline


def main() -> None:
    lifeline.hold()
    server = TcpFakeServer(("127.0.0.1", 0), server_type="redis", server_version=(7, 4))
    server.daemon_threads = True
    print(f"listening on {server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
