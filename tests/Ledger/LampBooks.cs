using DePin.Tests.Support;

namespace DePin.Tests.Ledger;

/// <summary>Books and one lamp whose batches are worth what can be reckoned in the head.</summary>
public abstract class LampBooks : IDisposable
{
    // 12 readings of 250 mWh at 50, and an hour of service at 10 a second.
    protected const long BatchEnergyMicro = 12 * 250 * 50;
    protected const long BatchMicro = BatchEnergyMicro + 3600 * 10;

    private protected readonly BookFolder _books = new();
    private protected readonly TestNode _node = new();

    public void Dispose()
    {
        _node.Dispose();
        _books.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Stores the lamp's next batches.</summary>
    protected async Task StoreAsync(int batches)
    {
        for (int i = 0; i < batches; i++)
        {
            await _books.StoreAsync(_node, _node.SignNext());
        }
    }
}
