using DePin.Host.Platform;
using DePin.Node.Signing;

namespace DePin.Tests.Node.Fakes;

/// <summary>Real signatures that take several steps, as on a board, and a list of what was signed.</summary>
internal sealed class SlowSigner : ISigner, IDisposable
{
    private readonly PlatformSigner _signer = PlatformSigner.FromSeed([1, 2, 3]);
    private int _stepsLeft = -1;

    /// <summary>Steps of one signature.</summary>
    public int Steps { get; set; } = 3;

    /// <summary>What finished signatures were made over.</summary>
    public List<byte[]> Signed { get; } = [];

    public byte[] PublicKey => _signer.PublicKey;

    private byte[] ToBeSigned { get; set; } = [];

    public void Start(byte[] toBeSigned)
    {
        ToBeSigned = toBeSigned;
        _signer.Start(toBeSigned);
        _stepsLeft = Steps;
    }

    public bool Step()
    {
        Assert.True(_stepsLeft > 0, "a step without a start, or after the end");
        if (--_stepsLeft > 0)
        {
            return false;
        }

        Signed.Add(ToBeSigned);
        return _signer.Step();
    }

    public byte[] Signature() => _signer.Signature();

    public void Dispose() => _signer.Dispose();
}
