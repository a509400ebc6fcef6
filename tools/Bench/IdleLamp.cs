using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using DePin.Contracts;

namespace DePin.Tools.Bench;

/// <summary>A lamp that is connected and has nothing to say but that it lives; plain, or over TLS, which it checks as a node does.</summary>
internal sealed class IdleLamp(string id, string password, SslClientAuthenticationOptions? tls) : IDisposable
{
    // A login's answer is 4 bytes, the first receipt about 200.
    private const int BufferBytes = 512;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private Stream? _stream;
    private Task? _reading;

    /// <summary>Why its connection ended; null while it lives.</summary>
    public string? Closed { get; private set; }

    /// <summary>Connects, logs in, subscribes.</summary>
    /// <exception cref="SocketException">The gateway is not there.</exception>
    /// <exception cref="IOException">It refused the login, or its certificate is none of its authority.</exception>
    public async Task OpenAsync(EndPoint gateway, CancellationToken cancellationToken)
    {
        await _socket.ConnectAsync(gateway, cancellationToken);
        _stream = new NetworkStream(_socket, ownsSocket: true);
        if (tls is not null)
        {
            var secure = new SslStream(_stream);
            _stream = secure;
            await secure.AuthenticateAsClientAsync(tls, cancellationToken);
        }

        byte[] buffer = new byte[BufferBytes];
        await _stream.WriteAsync(LampLogin.Packets(id, password, [Topics.Receipt]), cancellationToken);
        await _stream.ReadExactlyAsync(buffer.AsMemory(0, 4), cancellationToken);
        if (buffer[3] != 0)
        {
            throw new IOException($"{id}: the gateway refused the login with code {buffer[3]}");
        }

        _reading = ReadAsync(_stream, buffer);
    }

    /// <summary>PINGREQ: the gateway closes a connection that is silent for one and a half times its keep-alive.</summary>
    public async Task PingAsync(CancellationToken cancellationToken)
    {
        if (Closed is not null)
        {
            return;
        }

        try
        {
            await _stream!.WriteAsync(new byte[] { 0xC0, 0 }, cancellationToken);
        }
        catch (Exception problem) when (problem is IOException or ObjectDisposedException)
        {
            Closed ??= problem.Message;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Closed ??= "it left";
        _stream?.Dispose();
        _socket.Dispose();
    }

    private async Task ReadAsync(Stream stream, byte[] buffer)
    {
        try
        {
            while (await stream.ReadAsync(buffer) > 0)
            {
            }

            Closed ??= "the gateway closed the connection";
        }
        catch (Exception problem) when (problem is IOException or ObjectDisposedException)
        {
            Closed ??= problem.Message;
        }
    }
}
