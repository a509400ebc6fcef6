using System.Diagnostics;
using System.Security.Cryptography;
using DePin.Contracts.Cbor;
using DePin.Contracts.Flashing;

namespace DePin.Tools.Flash;

/// <summary>The tool's side of the bench: asks, asks again what got lost, and drops whatever else is on the line.</summary>
internal sealed class BoardConversation(SerialLine line) : IDisposable
{
    private static readonly TimeSpan HelloEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(5);
    private readonly FlashLineReader _lines = new();
    private readonly Queue<FlashAnswer> _answers = new();
    private uint _nextId = BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint))) / 2;

    /// <summary>Opens a port.</summary>
    public static async Task<BoardConversation> OpenAsync(string port, CancellationToken cancellationToken) => new(await SerialLine.OpenAsync(port, cancellationToken));

    /// <summary>Who is there; null when nobody answers in time. Given a start, another one: the board must have started anew.</summary>
    public async Task<BoardHello?> HelloAsync(TimeSpan limit, long? otherThanStart, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        do
        {
            FlashAnswer? answer = await TryAsync(new FlashRequest(FlashRequest.Hello, _nextId++), HelloEvery, HelloEvery, cancellationToken);
            if (answer?.Hello is { } hello && hello.Start != otherThanStart)
            {
                return hello;
            }

            if (answer is not null)
            {
                await WaitAsync(HelloEvery / 5, cancellationToken);
            }
        }
        while (Stopwatch.GetElapsedTime(began) < limit);
        return null;
    }

    /// <summary>Asks until there is an answer; null when there is none in time.</summary>
    /// <exception cref="BoardRefusalException">The board refuses.</exception>
    /// <exception cref="IOException">The line is gone.</exception>
    public async Task<FlashAnswer?> AskAsync(int type, TimeSpan limit, CancellationToken cancellationToken, Action<FlashRequest>? fill = null)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            var request = new FlashRequest(type, _nextId++);
            fill?.Invoke(request);
            FlashAnswer? answer = await TryAsync(request, AskAgain, limit - Stopwatch.GetElapsedTime(began), cancellationToken);
            if (answer is not { Type: FlashAnswer.Refused })
            {
                return answer;
            }

            if (answer.Refusal != FlashRefusal.Busy || Stopwatch.GetElapsedTime(began) > limit)
            {
                throw new BoardRefusalException(answer.Refusal);
            }

            await WaitAsync(HelloEvery, cancellationToken);
        }
    }

    /// <inheritdoc />
    public void Dispose() => line.Dispose();

    private static Task WaitAsync(TimeSpan time, CancellationToken cancellationToken) => Task.Delay(time, cancellationToken);

    // The same request with the same id, so that a board at work on it does not begin anew.
    private async Task<FlashAnswer?> TryAsync(FlashRequest request, TimeSpan again, TimeSpan limit, CancellationToken cancellationToken)
    {
        byte[] bytes = FlashLine.Encode(request.Encode());
        long began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < limit)
        {
            line.Write(bytes);
            TimeSpan left = limit - Stopwatch.GetElapsedTime(began);
            if (await AnswerAsync(request.Id, left < again ? left : again, cancellationToken) is { } answer)
            {
                return answer;
            }
        }

        return null;
    }

    private async Task<FlashAnswer?> AnswerAsync(long id, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(limit > TimeSpan.Zero ? limit : TimeSpan.FromMilliseconds(1));
        try
        {
            while (true)
            {
                while (_answers.TryDequeue(out FlashAnswer? answer))
                {
                    if (answer.Id == id)
                    {
                        return answer;
                    }
                }

                Take(await line.Received.ReadAsync(timeout.Token));
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (System.Threading.Channels.ChannelClosedException problem)
        {
            throw new IOException("the line is gone", problem);
        }
    }

    private void Take(byte[] bytes)
    {
        foreach (byte next in bytes)
        {
            if (_lines.Take(next) is { } message && FlashAnswer.Decode(message, out DecodeError _) is { } answer)
            {
                _answers.Enqueue(answer);
            }
        }
    }
}

/// <summary>The board said no.</summary>
internal sealed class BoardRefusalException(int refusal) : Exception($"the board refuses: {Text(refusal)}")
{
    /// <summary>One of <see cref="FlashRefusal"/>.</summary>
    public int Refusal { get; } = refusal;

    private static string Text(int refusal) => refusal switch
    {
        FlashRefusal.Busy => "it is still at something else",
        FlashRefusal.IdentityDamaged => "the identity on its flash is damaged; only --scrap makes room for another",
        FlashRefusal.OtherIdentity => "it has another identity than the one named",
        FlashRefusal.WrongProfile => "its firmware is for another hardware profile",
        FlashRefusal.WrongSettings => "it does not understand the settings; is its firmware older than this tool?",
        FlashRefusal.NotProvisioned => "it has no settings",
        _ => "it does not understand the request; is its firmware older than this tool?",
    };
}
