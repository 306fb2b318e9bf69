"""``cohesion proxy config``: a proxy that lets staff and partners in, and nobody else."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from assets.commands.messages import said_plainly

proxy_app = typer.Typer(help="Show the studies to others over the network, behind a proxy.", no_args_is_help=True)


@proxy_app.callback()
def proxy() -> None:
    """Show the studies to others over the network, behind a proxy."""


@proxy_app.command("config")
@said_plainly
def config(
    name: Annotated[str, typer.Option(help="The public name: cohesion.example.org, with a port if it is not 443.")],
    users: Annotated[Path, typer.Option(help="The file of users: name:hash:role a line; staff or partner.")],
    certificate: Annotated[Path, typer.Option(help="The certificate of the name, with its chain.")],
    certificate_key: Annotated[Path, typer.Option(help="Its key.")],
    out: Annotated[Path, typer.Option(help="Where to write.")] = Path("cohesion.conf"),
    upstream: Annotated[str, typer.Option(help="Where `cohesion ui` listens.")] = "127.0.0.1:3000",
    listen: Annotated[str, typer.Option(help="The port for HTTPS, or address:port.")] = "443",
    listen_http: Annotated[str, typer.Option(help="The port that leads to HTTPS; empty for none.")] = "80",
) -> None:
    """Write the configuration of nginx: TLS, users and roles, limits, headers. The secret comes from the environment.

    Write it anew when a user or a role is added or changed.
    """
    from assets.deploy.proxy.nginx import Proxy, nginx_config
    from assets.web.guard.exposure import proxy_secret, public_name
    from pipeline.errors import CohesionError
    from pipeline.files import write_bytes

    asked = Proxy(name, users, certificate, certificate_key, upstream, listen, listen_http)
    text = nginx_config(asked, proxy_secret())
    try:
        write_bytes(out, text.encode(), 0o600)
    except OSError as error:
        raise CohesionError(f"cannot be written ({error.strerror})", where=str(out)) from None
    typer.echo(f"{out}: it holds the secret of the proxy, and only you may read it.")
    typer.echo(
        f"Next: sudo cp {shlex.quote(str(out))} /etc/nginx/conf.d/ && sudo nginx -t && sudo systemctl reload nginx"
    )
    typer.echo(f"Then, with the same secret: cohesion ui --behind-proxy --name {public_name(name)}")
