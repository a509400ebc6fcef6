namespace DePin.Node.Pairing
{
    /// <summary>The button that a person presses.</summary>
    public interface IButton
    {
        /// <summary>Short presses since it was made, debounced; never falls.</summary>
        int Presses { get; }
    }
}
