using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace DePin.Tools.Backend;

/// <summary>
/// Lets another .NET process collect its garbage, over its diagnostic socket, as the platform's own tools do: memory that is measured before and after
/// something is then what is kept, and not what lies about.
/// </summary>
internal static class FullCollection
{
    private const byte EventPipe = 2, StopTracing = 1, CollectTracing = 3, Server = 0xFF;
    private const int HeaderBytes = 20;
    private const ulong CollectKeyword = 0x80_0000;

    private static readonly TimeSpan CollectionTakes = TimeSpan.FromSeconds(3);

    /// <summary>Collects; the process goes on.</summary>
    /// <exception cref="CommandException">It has no diagnostic socket, or refused.</exception>
    public static async Task RunAsync(int processId, CancellationToken cancellationToken)
    {
        string path = Directory.GetFiles(Path.GetTempPath(), $"dotnet-diagnostic-{processId}-*-socket").FirstOrDefault()
            ?? throw CommandException.Failed($"Process {processId} has no diagnostic socket in {Path.GetTempPath()}; is DOTNET_EnableDiagnostics 0?");
        using Socket session = await AskAsync(path, CollectTracing, Session(), cancellationToken);
        byte[] id = await AnswerAsync(session, sizeof(ulong), cancellationToken);

        // The session's opening collects; what it tells is read so that nobody waits for us.
        Task reading = DrainAsync(session, cancellationToken);
        await Task.Delay(CollectionTakes, cancellationToken);
        using (Socket stop = await AskAsync(path, StopTracing, id, cancellationToken))
        {
            await AnswerAsync(stop, sizeof(ulong), cancellationToken);
        }

        await reading;
    }

    // 16 MB of buffer, in the format nettrace, no rundown, one provider.
    private static byte[] Session()
    {
        var content = new MemoryStream();
        using var writer = new BinaryWriter(content);
        writer.Write(16u);
        writer.Write(1u);
        writer.Write(false);
        writer.Write(1u);
        writer.Write(CollectKeyword);
        writer.Write(4u);
        Text(writer, "Microsoft-Windows-DotNETRuntime");
        writer.Write(0u);
        writer.Flush();
        return content.ToArray();
    }

    private static void Text(BinaryWriter writer, string text)
    {
        writer.Write((uint)text.Length + 1);
        writer.Write(Encoding.Unicode.GetBytes(text + '\0'));
    }

    private static async Task<Socket> AskAsync(string path, byte command, byte[] content, CancellationToken cancellationToken)
    {
        byte[] message = new byte[HeaderBytes + content.Length];
        Encoding.ASCII.GetBytes("DOTNET_IPC_V1\0").CopyTo(message, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(14), (ushort)message.Length);
        (message[16], message[17]) = (EventPipe, command);
        content.CopyTo(message, HeaderBytes);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            await socket.SendAsync(message, cancellationToken);
            return socket;
        }
        catch (SocketException problem)
        {
            socket.Dispose();
            throw CommandException.Failed($"{path} does not answer: {problem.Message}", problem);
        }
    }

    private static async Task<byte[]> AnswerAsync(Socket socket, int bytes, CancellationToken cancellationToken)
    {
        byte[] answer = new byte[HeaderBytes + bytes];
        for (int read = 0, more; read < answer.Length; read += more)
        {
            more = await socket.ReceiveAsync(answer.AsMemory(read), cancellationToken);
            if (more == 0 || (read + more > 17 && (answer[16] != Server || answer[17] != 0)))
            {
                throw CommandException.Failed("The process refused to collect its garbage.");
            }
        }

        return answer[HeaderBytes..];
    }

    private static async Task DrainAsync(Socket socket, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[64 * 1024];
        while (await socket.ReceiveAsync(buffer, cancellationToken) > 0)
        {
        }
    }
}
