using DePin.Contracts.Cbor;
using DePin.Contracts.Flashing;
using DePin.Node.Pairing;

namespace DePin.Host.Boards;

/// <summary>Where a simulated board loses its power: at a request of this type.</summary>
/// <param name="RequestType">One of the types in <see cref="FlashRequest"/>.</param>
/// <param name="Moment">At which moment of it.</param>
public sealed record PowerCut(int RequestType, CutMoment Moment);

/// <summary>Moments of a request.</summary>
public enum CutMoment
{
    /// <summary>It came, and nothing was done.</summary>
    OnArrival,

    /// <summary>All was done, and the answer not sent.</summary>
    BeforeTheAnswer,

    /// <summary>The answer is on the wire.</summary>
    AfterTheAnswer,
}

/// <summary>The moment the power goes.</summary>
internal sealed class PowerCutException : Exception
{
    public PowerCutException()
        : base("the power was cut")
    {
    }

    public PowerCutException(string message)
        : base(message)
    {
    }

    public PowerCutException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>A pseudo-terminal that can be pulled, behind a link that stays; it also knows where a test wants the power cut.</summary>
internal sealed class PulledPort : ISerialPort, IDisposable
{
    private readonly FlashLineReader _requests = new();
    private PseudoTerminal _terminal = new();

    public PulledPort(string link)
    {
        Link = link;
        Relink();
    }

    public string Link { get; }

    public PowerCut? Cut { get; set; }

    /// <summary>Type of the request at which the cable is pulled, once; 0 for never.</summary>
    public int PullsAt { get; set; }

    public int Read()
    {
        int next = Volatile.Read(ref _terminal).Read();
        if (next >= 0 && (Cut is not null || PullsAt != 0) && _requests.Take((byte)next) is { } message)
        {
            int? type = FlashRequest.Decode(message, out DecodeError _)?.Type;
            CutAt(type, CutMoment.OnArrival);
            if (PullsAt == type)
            {
                PullsAt = 0;
                Pull();
            }
        }

        return next;
    }

    public void Write(byte[] bytes)
    {
        byte[]? message = FlashLine.Decode(bytes, 0, bytes.Length - 1);
        int? type = message is null ? null : FlashAnswer.Decode(message, out DecodeError _)?.Type - FlashAnswer.Offset;
        CutAt(type, CutMoment.BeforeTheAnswer);
        Volatile.Read(ref _terminal).Write(bytes);
        CutAt(type, CutMoment.AfterTheAnswer);
    }

    public void Pull()
    {
        PseudoTerminal pulled = _terminal;
        Volatile.Write(ref _terminal, new PseudoTerminal());
        Relink();
        pulled.Dispose();
    }

    public void Dispose()
    {
        _terminal.Dispose();
        File.Delete(Link);
    }

    private void CutAt(int? type, CutMoment moment)
    {
        if (Cut is { } cut && cut.RequestType == type && cut.Moment == moment)
        {
            Cut = null;
            throw new PowerCutException();
        }
    }

    private void Relink()
    {
        File.Delete(Link);
        File.CreateSymbolicLink(Link, _terminal.Path);
    }
}
