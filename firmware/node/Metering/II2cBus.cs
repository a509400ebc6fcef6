namespace DePin.Node.Metering
{
    /// <summary>Registers of 16 bits behind an I2C bus. A chip that does not answer is a value, never an exception.</summary>
    public interface II2cBus
    {
        /// <summary>A register's content, 0 to 65535, most significant byte first on the wire; -1 where the chip did not answer.</summary>
        int Read(int address, int register);

        /// <summary>Sets a register; false where the chip did not answer.</summary>
        bool Write(int address, int register, int value);
    }
}
